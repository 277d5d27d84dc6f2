import type { Rng } from "./rng.js";

export interface BackoffRange {
  /** Ceiling of the first delay. */
  readonly firstMs: number;
  /** Ceiling of any delay. */
  readonly maxMs: number;
}

/**
 * Exponential backoff with full jitter: uniform in [0, min(maxMs, firstMs·2^attempt)). Full jitter spreads a fleet that
 * lost its server at one moment over the whole window, so that its return is not a storm.
 * @param attempt failures so far, from 0
 */
export function fullJitterMs(attempt: number, range: BackoffRange, rng: Rng): number {
  return rng.next() * Math.min(range.maxMs, range.firstMs * 2 ** Math.min(attempt, 30));
}
