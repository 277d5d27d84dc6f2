// What a client comes with from another stream, held against what we have from an earlier run: nobody is sent an older resource than
// the one it may have.

import type { ResourceSet, ResourceSets } from "./resource-set.js";
import type { StreamRequest } from "./stream-request.js";

/** Of one type on one stream. */
export class EarlierRun {
  #first: StreamRequest["asked"] | undefined;
  #behind: Set<string> | undefined;

  /** The first request: only what it names can be from another stream. */
  came(asked: StreamRequest["asked"]): void {
    this.#first = asked;
  }

  /** The client has dropped what it had. */
  forget(name: string): void {
    this.#behind?.delete(name);
  }

  /**
   * Notes, once, what the client may have newer than we: what it came with in another version than ours. Who comes in step with us has
   * nothing newer, and hears of every change at once.
   */
  look(sets: ResourceSets, set: ResourceSet | undefined): void {
    if (this.#behind !== undefined || this.#first === undefined || set === undefined) return;
    this.#behind = new Set(sets.isProvisional === undefined ? [] : differing(this.#first, set));
    this.#first = undefined;
  }

  /** Whether a resource waits until somebody has said that it still holds. */
  withholds(sets: ResourceSets, typeUrl: string, name: string): boolean {
    return this.#behind?.has(name) === true && sets.isProvisional?.(typeUrl, name) === true;
  }
}

function differing(asked: StreamRequest["asked"], { version, resources }: ResourceSet): Iterable<string> {
  if (asked.kind === "sotw") return asked.version === "" || asked.version === version ? [] : asked.names;
  return [...asked.held].filter(([name, held]) => resources.get(name)?.version !== held).map(([name]) => name);
}
