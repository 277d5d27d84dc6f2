import { createHash } from "node:crypto";

/** First 16 hex digits of SHA-256: equal content, equal version, on every replica and after every restart. */
export function contentHash(content: string | Uint8Array): string {
  return sha256(content).slice(0, 16);
}

/** All 64 hex digits, where bytes must be trusted and not only told apart. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/**
 * The hash of a set of named, versioned things: those of its members, XOR-ed. So it does not depend on their order, and of a set that
 * differs from another in one member it is that one's hash XOR the old member's and the new one's: no other member is looked at.
 *
 * Sound for telling sets apart by equality, as long as nobody constructs them: a name is in a set once, so that no two members cancel
 * out, and the hashes of different sets are equal with a probability of 2^-64, as those of any hash of this length. It is not proof
 * against somebody who may choose many members' contents, since XOR is linear: 65 services in two states each are enough to compute
 * two sets with one hash. All that gains is that two states are shown under one label. What a client is sent depends on the versions
 * of the resources themselves, which are SHA-256 of their bytes.
 */
export type SetHash = bigint;

export const EMPTY_SET: SetHash = 0n;

export function memberHash(name: string, version: string): SetHash {
  return createHash("sha256")
    .update(`${JSON.stringify(name)}:${version}`)
    .digest()
    .readBigUInt64BE();
}

export function versionOfSet(hash: SetHash): string {
  return hash.toString(16).padStart(16, "0");
}

/** Version of a set of named, versioned things, independent of their order; a name may be there once. */
export function versionOfAll(versions: Iterable<readonly [name: string, version: string]>): string {
  let hash = EMPTY_SET;
  for (const [name, version] of versions) hash ^= memberHash(name, version);
  return versionOfSet(hash);
}
