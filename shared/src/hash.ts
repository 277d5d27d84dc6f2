import { createHash } from "node:crypto";

/** First 16 hex digits of SHA-256: equal content, equal version, on every replica and after every restart. */
export function contentHash(content: string | Uint8Array): string {
  return sha256(content).slice(0, 16);
}

/** All 64 hex digits, where bytes must be trusted and not only told apart. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Version of a set of named, versioned things, independent of their order. */
export function versionOfAll(versions: Iterable<readonly [name: string, version: string]>): string {
  const lines = [...versions].map(([name, version]) => `${JSON.stringify(name)}:${version}`).sort();
  return contentHash(lines.join("\n"));
}
