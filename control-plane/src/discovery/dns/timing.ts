// When to ask again. All of it is the answer's own word, within limits.

import { fullJitterMs, type Rng } from "@fairlead/shared";
import type { DnsAnswer } from "./message.js";

/** An absence is rechecked sooner than a presence: it is more often a mistake. */
const MAX_NEGATIVE_TTL_MS = 30_000;
/** RFC 2308 lets nobody keep an absence without a SOA record; asking every second for ever would be rude. */
const NEGATIVE_TTL_WITHOUT_SOA_MS = 5_000;
/** Records are asked for again in this part of their TTL: before they expire, with a little left for the budget and the answer. */
const PREFETCH = { from: 0.85, to: 0.93 };
/** After a first answer, or the first after failures: names that were asked at one moment (start, recovery) are spread. */
const FIRST_PREFETCH_FROM = 0.5;
/** A doubt is settled within seconds: three answers that must not wait for three TTLs. */
const DOUBT_RECHECK_MS = 2_000;
/** RFC 9520 section 3.2: a failure is remembered for at least a second, and for at most five minutes. */
export const MIN_RETRY_MS = 1_000;
const RETRY_BACKOFF = { firstMs: 1_000, maxMs: 29_000 };

export interface TtlLimits {
  readonly minTtlMs: number;
  readonly maxTtlMs: number;
}

export interface NextAsk {
  readonly inMs: number;
  /** Until when the answer is true by its own word, within the limits; 0 for a failure. */
  readonly freshForMs: number;
}

export interface Occasion {
  /** The answer takes something away and has to be confirmed. */
  readonly doubted: boolean;
  /** It is the first one, or the first after failures. */
  readonly first: boolean;
}

/** When a question is asked again after an answer. */
export function askAgain(
  answer: Exclude<DnsAnswer, { kind: "failure" }>,
  { doubted, first }: Occasion,
  limits: TtlLimits,
  rng: Rng,
): NextAsk {
  const freshForMs = freshFor(answer, limits);
  const dueMs = doubted ? Math.min(freshForMs, DOUBT_RECHECK_MS) : freshForMs;
  const from = first ? FIRST_PREFETCH_FROM : PREFETCH.from;
  return { inMs: dueMs * (from + (PREFETCH.to - from) * rng.next()), freshForMs };
}

/**
 * Milliseconds after which a failed question is asked again.
 * @param failures in a row, this one included
 */
export function retryInMs(failures: number, rng: Rng): number {
  return MIN_RETRY_MS + fullJitterMs(failures - 1, RETRY_BACKOFF, rng);
}

function freshFor(answer: Exclude<DnsAnswer, { kind: "failure" }>, { minTtlMs, maxTtlMs }: TtlLimits): number {
  if (answer.kind === "records") return clamp(answer.ttlS * 1_000, minTtlMs, maxTtlMs);
  const ttlMs = answer.ttlS === undefined ? NEGATIVE_TTL_WITHOUT_SOA_MS : answer.ttlS * 1_000;
  return clamp(ttlMs, minTtlMs, Math.min(maxTtlMs, MAX_NEGATIVE_TTL_MS));
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
