import type { Clock, Log } from "@fairlead/shared";
import type { FloorEnd } from "./connection.js";
import { hexOf, type ZxidFloor } from "./zxid-floors.js";

/**
 * Servers that stay behind this long are the truth: a leader drops a follower that lags for more than syncLimit, some ten
 * seconds, and whoever serves for this long without having caught up was restored from a backup. Long enough for an
 * operator to see it first.
 */
const BELIEVE_AFTER_MS = 600_000;
/** Nobody was found behind for this long: what is behind then is another story. Several times the longest pause between tries. */
const FORGET_AFTER_MS = 120_000;

export interface DoubtOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly floor: ZxidFloor;
  readonly onEnd: (because: FloorEnd) => void;
}

/**
 * The guard against the past: a server that has not seen what we have seen is not believed (it lags, or it was restored from
 * a backup). It ends when a server is far enough, when all that answer were behind for ten minutes, or when an operator says so.
 */
export class Doubt {
  readonly #options: DoubtOptions;
  #sinceMs: number | undefined;
  #lastMs = 0;
  #history = 0;

  constructor(options: DoubtOptions) {
    this.#options = options;
  }

  /** Whether every server that answered of late was behind. */
  get active(): boolean {
    return this.#sinceMs !== undefined;
  }

  /** How often it ended without a server being far enough: transaction ids of different histories cannot be compared. */
  get history(): number {
    return this.#history;
  }

  /** A server was found behind; says so in words. */
  behind(server: string, zxid: bigint): string {
    const { clock, floor } = this.#options;
    const reason = `server ${server} is behind: zxid ${hexOf(zxid)} < ${hexOf(floor.value)}`;
    const nowMs = clock.nowMs();
    if (this.#sinceMs === undefined || nowMs - this.#lastMs > FORGET_AFTER_MS) this.#sinceMs = nowMs;
    this.#lastMs = nowMs;
    if (nowMs - this.#sinceMs >= BELIEVE_AFTER_MS) this.end("time");
    return reason;
  }

  /** A server is far enough. */
  dispelled(): void {
    this.#sinceMs = undefined;
  }

  /** Believes the servers as they are. */
  end(because: FloorEnd): void {
    const { log, floor, onEnd } = this.#options;
    log.warn("zookeeper-floor-given-up", { because, floor: hexOf(floor.value) });
    floor.giveUp();
    this.#sinceMs = undefined;
    this.#history += 1;
    onEnd(because);
  }
}
