/** Requests and retries are counted over ten seconds, in steps of one. */
const STEP_MS = 1_000;
const STEPS = 10;
/** Little traffic can retry too: one a second, or as many at once as it has not used. Of 20 requests a second it is 5 %. */
const FLOOR = STEPS;

/**
 * Retries as a share of what was asked for lately. A share of what is under way would not hold: with few requests under way every
 * failure may be retried, and so three sidecars deep a callee that fails half of its requests is asked half as much again.
 */
export class RetryBudget {
  readonly #requests = new Float64Array(STEPS);
  readonly #retries = new Float64Array(STEPS);
  readonly #hedges = new Float64Array(STEPS);
  #step = 0;
  #requestSum = 0;
  #retrySum = 0;
  #hedgeSum = 0;

  /** A request has begun: it earns a part of a retry. */
  requested(nowMs: number): void {
    this.#advance(nowMs);
    this.#requestSum++;
    this.#requests[this.#step % STEPS] = (this.#requests[this.#step % STEPS] ?? 0) + 1;
  }

  hasRoom(percent: number, nowMs: number): boolean {
    this.#advance(nowMs);
    return this.#retrySum + 1 <= FLOOR + (this.#requestSum * percent) / 100;
  }

  retried(nowMs: number): void {
    this.#advance(nowMs);
    this.#retrySum++;
    this.#retries[this.#step % STEPS] = (this.#retries[this.#step % STEPS] ?? 0) + 1;
  }

  /** Little traffic has no hedges: what nobody needs has no floor. */
  hasRoomForHedge(percent: number, nowMs: number): boolean {
    this.#advance(nowMs);
    return this.#hedgeSum + 1 <= (this.#requestSum * percent) / 100;
  }

  hedged(nowMs: number): void {
    this.#advance(nowMs);
    this.#hedgeSum++;
    this.#hedges[this.#step % STEPS] = (this.#hedges[this.#step % STEPS] ?? 0) + 1;
  }

  /** Forgets the steps that are over. */
  #advance(nowMs: number): void {
    const step = Math.floor(nowMs / STEP_MS);
    if (step <= this.#step) return;
    for (let over = Math.min(STEPS, step - this.#step); over > 0; over--) {
      const at = (step - over + 1) % STEPS;
      this.#requestSum -= this.#requests[at] ?? 0;
      this.#retrySum -= this.#retries[at] ?? 0;
      this.#hedgeSum -= this.#hedges[at] ?? 0;
      this.#requests[at] = 0;
      this.#retries[at] = 0;
      this.#hedges[at] = 0;
    }
    this.#step = step;
  }
}
