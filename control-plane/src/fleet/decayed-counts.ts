/** What a report counts. */
export interface Counts {
  readonly issued: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly dropped: number;
}

/** Counts per second. */
export type Rates = Counts;

/** Three reports at the usual interval: a rate follows a change within a minute, and one late report does not show. */
export const TAU_MS = 30_000;

/** Counts that fade, so that at any time they say a rate, however unevenly the reports come. */
export class DecayedCounts {
  #counts: Counts = { issued: 0, succeeded: 0, failed: 0, dropped: 0 };
  /** When the first window began. */
  #sinceMs = Number.NaN;
  #atMs = 0;
  #windowMs = 0;

  /** Counts of the `windowMs` that end now. */
  add(counts: Counts, windowMs: number, nowMs: number): void {
    if (Number.isNaN(this.#sinceMs)) this.#sinceMs = nowMs - windowMs;
    const kept = Math.exp(-Math.max(0, nowMs - this.#atMs) / TAU_MS);
    // Spread over their window: the older part of it has faded already.
    const share = (TAU_MS * (1 - Math.exp(-windowMs / TAU_MS))) / windowMs;
    const sum = (key: keyof Counts) => this.#counts[key] * kept + counts[key] * share;
    this.#counts = { issued: sum("issued"), succeeded: sum("succeeded"), failed: sum("failed"), dropped: sum("dropped") };
    this.#atMs = nowMs;
    this.#windowMs = windowMs;
  }

  /** Fades only when the next report is late: between two of them the rate is what it was. */
  rates(nowMs: number): Rates {
    if (Number.isNaN(this.#sinceMs)) return this.#counts;
    // How much of a steady rate could be gathered so far.
    const gathered = 1 - Math.exp(-(this.#atMs - this.#sinceMs) / TAU_MS);
    const late = Math.max(0, nowMs - this.#atMs - 2 * this.#windowMs);
    const perSecond = (1_000 * Math.exp(-late / TAU_MS)) / (TAU_MS * gathered);
    const { issued, succeeded, failed, dropped } = this.#counts;
    return { issued: issued * perSecond, succeeded: succeeded * perSecond, failed: failed * perSecond, dropped: dropped * perSecond };
  }
}
