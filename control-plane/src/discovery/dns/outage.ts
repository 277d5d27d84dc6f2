import type { Log } from "@fairlead/shared";
import type { ResolverPool } from "./resolver-pool.js";

/**
 * Whether nobody resolves anything: every resolver fails, and so do most names. A single name that every server refuses
 * is no outage. Said once when it begins and once when it ends.
 */
export class Outage {
  readonly #pool: ResolverPool;
  readonly #log: Log;
  #failing = 0;
  #lasts = false;

  constructor(pool: ResolverPool, log: Log) {
    this.#pool = pool;
    this.#log = log;
  }

  get lasts(): boolean {
    return this.#lasts;
  }

  /** A name that failed or not `before` now fails or not. */
  count(before: boolean, now: boolean): void {
    this.#failing += Number(now) - Number(before);
  }

  /** Looks again, after an answer or a failure; true when the outage has just ended. */
  hasEnded(names: number): boolean {
    const before = this.#lasts;
    this.#lasts = this.#pool.isOut && (before || this.#failing * 2 > names);
    if (before === this.#lasts) return false;
    const fields = { resolvers: this.#pool.resolvers, failing: this.#failing, names };
    if (this.#lasts) this.#log.warn("dns-out", fields);
    else this.#log.info("dns-back", fields);
    return before;
  }
}
