import { fail, ok, type Result } from "@fairlead/shared";
import type { XdsLimits } from "./limits.js";

/** What an admitted stream takes up until it leaves. Leaving twice is harmless. */
export interface Place {
  leave(): void;
}

/** Counts streams, so that no client, nor all of them, can open them without end. */
export class Admission {
  readonly #limits: XdsLimits;
  readonly #byIdentity = new Map<string, number>();
  #streams = 0;

  constructor(limits: XdsLimits) {
    this.#limits = limits;
  }

  get streams(): number {
    return this.#streams;
  }

  /** A stream that has not said yet whose it is. */
  enter(): Result<Place> {
    if (this.#streams >= this.#limits.streams) return fail(`this server serves at most ${this.#limits.streams} streams; try another one`);
    this.#streams += 1;
    return ok(
      once(() => {
        this.#streams -= 1;
      }),
    );
  }

  /** `who` is the name in the client's certificate; without certificates its address, without the port, is all there is. */
  identify(who: string, nodeId: string): Result<Place> {
    const key = JSON.stringify([who, nodeId]);
    const count = this.#byIdentity.get(key) ?? 0;
    if (count >= this.#limits.streamsPerIdentity) {
      return fail(`node ${nodeId} at ${who} has ${count} streams open already, which is the limit: give each client a node id of its own`);
    }
    this.#byIdentity.set(key, count + 1);
    return ok(once(() => this.#leave(key)));
  }

  #leave(key: string): void {
    const count = this.#byIdentity.get(key) ?? 0;
    if (count <= 1) this.#byIdentity.delete(key);
    else this.#byIdentity.set(key, count - 1);
  }
}

function once(task: () => void): Place {
  let done = false;
  return {
    leave() {
      if (done) return;
      done = true;
      task();
    },
  };
}
