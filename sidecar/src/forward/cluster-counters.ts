import { RequestLimits, TailLatency } from "../resilience/index.js";
import { REPLY_REASONS, type Reason } from "./local-reply.js";

/** Finished requests by status class; `none` ended without a status: the caller left, or the answer broke off. */
export const STATUS_CLASSES = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"] as const;

/** Upper bound of the first latency bucket; each is twice the one before, the last of them open: 0.25 ms to 32.8 s and beyond. */
const FIRST_BUCKET_MS = 0.25;
const BUCKETS = 19;

/** Upper bounds of the latency buckets in milliseconds; the last is infinite. */
export const LATENCY_BOUNDS_MS: readonly number[] = Array.from({ length: BUCKETS }, (_, index) =>
  index === BUCKETS - 1 ? Number.POSITIVE_INFINITY : FIRST_BUCKET_MS * 2 ** index,
);

const REASON_INDEX: ReadonlyMap<Reason, number> = new Map(REPLY_REASONS.map((reason, index) => [reason, index]));

const DROPPING: readonly Reason[] = ["not-ready", "no-endpoints", "overloaded", "shed"];

/**
 * What is counted of the requests to one service. Plain numbers in arrays of fixed size: counting costs a few
 * nanoseconds, and whoever exports them reads them when asked.
 */
export class ClusterCounters {
  readonly limits = new RequestLimits();
  /** Of answers below 500, where the route allows hedging. */
  readonly tail = new TailLatency();
  /** By position in `STATUS_CLASSES`. */
  readonly finished = new Float64Array(STATUS_CLASSES.length);
  /** By position in `REPLY_REASONS`. */
  readonly localReplies = new Float64Array(REPLY_REASONS.length);
  /** By position in `LATENCY_BOUNDS_MS`, not cumulative; from the head's arrival to the answer's last byte from upstream. */
  readonly latency = new Float64Array(BUCKETS);
  latencySumMs = 0;
  retries = 0;
  /** Retries that were safe but beyond the budget. */
  retriesDenied = 0;
  /** Second tries that began while the first still ran, and those of them whose answer came first. */
  hedges = 0;
  hedgesWon = 0;
  /** Hedges that were due and safe, but beyond the retry budget or the share of requests that may be hedged. */
  hedgesDenied = 0;
  /** Requests that had to wait for a place, ever, and those that do. */
  queuedTotal = 0;
  queued = 0;
  /** Of bodies, without their framing. */
  bytesIn = 0;
  bytesOut = 0;
  /** Tries that got no connection. */
  connectFailures = 0;
  /** Connections to endpoints: open, idle among these, and opened ever. */
  connectionsOpen = 0;
  connectionsIdle = 0;
  connectionsOpened = 0;

  /** Requests that ended. */
  get requests(): number {
    return this.finished.reduce((sum, count) => sum + count, 0);
  }

  /** Requests that were given up before an endpoint was chosen. */
  get dropped(): number {
    return DROPPING.reduce((sum, reason) => sum + (this.localReplies[REASON_INDEX.get(reason) ?? 0] ?? 0), 0);
  }

  /** A request ended. @param status undefined when none was sent */
  finish(status: number | undefined, tookMs: number): void {
    bump(this.finished, status === undefined ? 0 : Math.floor(status / 100));
    bump(this.latency, latencyBucket(tookMs));
    this.latencySumMs += tookMs;
  }

  replied(reason: Reason): void {
    bump(this.localReplies, REASON_INDEX.get(reason) ?? 0);
  }
}

/** Position of the first bucket whose bound is not below `tookMs`. */
export function latencyBucket(tookMs: number): number {
  if (!(tookMs > FIRST_BUCKET_MS)) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log2(tookMs / FIRST_BUCKET_MS)));
}

function bump(counts: Float64Array, index: number): void {
  counts[index] = (counts[index] ?? 0) + 1;
}
