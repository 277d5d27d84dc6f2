import { LIMITS } from "../limits.js";

const WINDOW_MS = 30_000;
const LEAST_BYTES = LIMITS["body-rate"].value;

/** Whether a caller sends its body fast enough, over stretches of time in which nobody but it is waited for. */
export class BodyPace {
  #bytes = 0;
  #sinceMs = 0;

  restart(nowMs: number): void {
    this.#bytes = 0;
    this.#sinceMs = nowMs;
  }

  received(length: number): void {
    this.#bytes += length;
  }

  /** Why it is too slow, for people; undefined where it is not, or not yet known to be. */
  fault(nowMs: number): string | undefined {
    if (nowMs - this.#sinceMs < WINDOW_MS) return undefined;
    const bytes = this.#bytes;
    this.restart(nowMs);
    if (bytes >= LEAST_BYTES) return undefined;
    return `${bytes} bytes of the request came in ${WINDOW_MS / 1_000} s, less than ${LEAST_BYTES}.`;
  }
}
