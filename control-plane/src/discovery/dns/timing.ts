// When to ask again. All of it is the answer's own word, within limits.

import { fullJitterMs, type Rng } from "@fairlead/shared";
import type { DnsAnswer } from "./message.js";

/** TTL 0 means "do not keep": once a second is as often as a record can change usefully for us, and no hot loop. */
const MIN_TTL_S = 1;
/** A week-long TTL on a discovery name is an oversight: a change is seen within a minute all the same. */
const MAX_TTL_S = 60;
/** An absence is rechecked sooner than a presence: it is more often a mistake. */
const MAX_NEGATIVE_TTL_S = 30;
/** RFC 2308 lets nobody keep an absence without a SOA record; asking every second for ever would be rude. */
const NEGATIVE_TTL_WITHOUT_SOA_S = 5;
/** ±10 %: names that were asked at one moment (start, recovery) drift apart within a few rounds. */
const JITTER_SHARE = 0.1;
/** RFC 9520 section 3.2: a failure is remembered for at least a second. */
const MIN_RETRY_MS = 1_000;
const RETRY_BACKOFF = { firstMs: 1_000, maxMs: 29_000 };

/**
 * Milliseconds until a question is asked again.
 * @param failures failures in a row including this answer; 0 when it is none
 */
export function nextAskInMs(answer: DnsAnswer, failures: number, rng: Rng): number {
  if (answer.kind === "failure") return MIN_RETRY_MS + fullJitterMs(failures - 1, RETRY_BACKOFF, rng);
  const ttlS =
    answer.kind === "records"
      ? clamp(answer.ttlS, MIN_TTL_S, MAX_TTL_S)
      : clamp(answer.ttlS ?? NEGATIVE_TTL_WITHOUT_SOA_S, MIN_TTL_S, MAX_NEGATIVE_TTL_S);
  return ttlS * 1_000 * (1 + JITTER_SHARE * (2 * rng.next() - 1));
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
