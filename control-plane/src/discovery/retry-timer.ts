import { type BackoffRange, type Clock, fullJitterMs, type Rng, type Timer } from "@fairlead/shared";

/** One pending retry at a time, later after each failure (full jitter), back to the start after a success. */
export class RetryTimer {
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #range: BackoffRange;
  #failures = 0;
  #timer: Timer | undefined;

  constructor(range: BackoffRange, { clock, rng }: { readonly clock: Clock; readonly rng: Rng }) {
    this.#range = range;
    this.#clock = clock;
    this.#rng = rng;
  }

  /** Counts a failure and runs `task` after its delay; a retry that is already pending stays as it is. */
  failed(task: () => void): void {
    if (this.#timer !== undefined) return;
    const delayMs = fullJitterMs(this.#failures, this.#range, this.#rng);
    this.#failures += 1;
    this.#timer = this.#clock.schedule(delayMs, () => {
      this.#timer = undefined;
      task();
    });
  }

  succeeded(): void {
    this.#failures = 0;
    this.cancel();
  }

  /** Drops the pending retry; the count of failures stays. */
  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
