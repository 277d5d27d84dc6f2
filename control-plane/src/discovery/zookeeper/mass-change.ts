import type { Clock } from "@fairlead/shared";

/** What leaves within this long leaves together: servers expire sessions in batches, one tick (2 s) apart. */
const WINDOW_MS = 5_000;
/** Fewer are an ordinary deployment, of which a small site has nothing but. */
const MIN_LEFT = 10;
/** Of all that the source gave: more than a rolling deployment takes away at a time. */
const MIN_SHARE = 0.2;

/** Tells when so many endpoints leave a source at once that its own trouble explains it better than theirs. */
export class MassChange {
  readonly #clock: Clock;
  #left = 0;
  #sinceMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param total endpoints of the source before they left */
  left(count: number, total: number): boolean {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#sinceMs > WINDOW_MS) {
      this.#sinceMs = nowMs;
      this.#left = 0;
    }
    this.#left += count;
    return this.#left >= MIN_LEFT && this.#left >= MIN_SHARE * (total + this.#left - count);
  }
}
