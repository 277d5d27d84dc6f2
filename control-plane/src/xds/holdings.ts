import type { Resource } from "./resource-set.js";

/** What one client is known to have of one type: accepted on this stream, claimed from an earlier one, refused, or perhaps. */
export class Holdings {
  readonly #accepted = new Map<string, Resource>();
  /** Like `#accepted`, and kept while it is in doubt whether the client still has it. */
  readonly #lastGood = new Map<string, Resource>();
  readonly #claimed = new Map<string, string>();
  /** Last refused, by name. Such a (name, version) is not sent again on this stream for its own sake. */
  readonly #refused = new Map<string, { readonly version: string; readonly certain: boolean }>();
  /** Names the client may have, in a version we cannot know. */
  readonly #perhaps = new Set<string>();

  /** Delta: what the client says it has from an earlier stream (xDS rule R25). */
  claim(versions: ReadonlyMap<string, string>): void {
    for (const [name, version] of versions) this.#claimed.set(name, version);
  }

  /** A version it did not have before ends what it thought of another one; the last good one sent again does not. */
  accept(resource: Resource): void {
    const { name, version } = resource;
    if (this.#accepted.get(name)?.version !== version || this.isRefused(resource)) this.#refused.delete(name);
    this.#accepted.set(name, resource);
    this.#lastGood.set(name, resource);
    // Both are empty but for the first answers of a stream, and this is done for every resource of every ACK.
    if (this.#claimed.size > 0) this.#claimed.delete(name);
    if (this.#perhaps.size > 0) this.#perhaps.delete(name);
  }

  /** `certain` unless it is one of several that the client may have meant: then it may have the refused version or the one before. */
  refuse({ name, version }: Resource, certain: boolean): void {
    if (!certain) this.doubt(name);
    this.#refused.set(name, { version, certain });
  }

  isRefused({ name, version }: Resource): boolean {
    return this.#refused.get(name)?.version === version;
  }

  isCertainlyRefused(resource: Resource): boolean {
    return this.isRefused(resource) && this.#refused.get(resource.name)?.certain === true;
  }

  /** Whether the client has this version, or another content under the same version, which is the same. */
  has(resource: Resource): boolean {
    const { name, version } = resource;
    const accepted = this.#accepted.get(name);
    if (accepted !== undefined) return accepted === resource || accepted.version === version;
    return this.#claimed.get(name) === version;
  }

  /** The last one the client accepted on this stream. */
  accepted(name: string): Resource | undefined {
    return this.#accepted.get(name);
  }

  /** The last one the client accepted on this stream, though it may have a refused one in its place. */
  lastGood(name: string): Resource | undefined {
    return this.#lastGood.get(name);
  }

  /** The version it refused last, and has not accepted another since. */
  refusedVersion(name: string): string | undefined {
    return this.#refused.get(name)?.version;
  }

  /** The version it said it has from an earlier stream. */
  claimedVersion(name: string): string | undefined {
    return this.#claimed.get(name);
  }

  /** Whether the client may have the resource in any version. */
  mayHave(name: string): boolean {
    return this.#accepted.has(name) || this.#claimed.has(name) || this.#refused.has(name) || this.#perhaps.has(name);
  }

  /** Whatever we believed of it, the client may have dropped it and may have it again. */
  doubt(name: string): void {
    if (!this.mayHave(name)) return;
    const lastGood = this.#lastGood.get(name);
    this.forget(name);
    this.#perhaps.add(name);
    if (lastGood !== undefined) this.#lastGood.set(name, lastGood);
  }

  /** The client has dropped it, and with it what it thought of any version. */
  forget(name: string): void {
    this.#accepted.delete(name);
    this.#lastGood.delete(name);
    this.#claimed.delete(name);
    this.#refused.delete(name);
    this.#perhaps.delete(name);
  }

  /** All that the client has, where that is known of every name, and there is any. */
  allAccepted(): readonly Resource[] | undefined {
    const isSure = this.#accepted.size > 0 && this.names().size === this.#accepted.size;
    return isSure ? [...this.#accepted.values()] : undefined;
  }

  /** What a full state did not hold the client has dropped. */
  forgetAllBut(kept: readonly Resource[]): void {
    const names = new Set(kept.map((resource) => resource.name));
    for (const name of this.names()) if (!names.has(name)) this.forget(name);
  }

  /** Every name the client may have. */
  names(): ReadonlySet<string> {
    return new Set([...this.#accepted.keys(), ...this.#claimed.keys(), ...this.#refused.keys(), ...this.#perhaps]);
  }
}
