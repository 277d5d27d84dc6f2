import { ERROR_KINDS, type ErrorKind, LatencySketch } from "@fairlead/shared";
import { type Counts, DecayedCounts, TAU_MS } from "./decayed-counts.js";

/** Latencies in milliseconds, of about the last half minute. */
export interface Latencies {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** What one report adds. */
export interface Reported {
  readonly counts: Counts;
  readonly errors: Readonly<Record<ErrorKind, number>>;
  readonly latencies: LatencySketch | undefined;
}

export const NO_ERRORS: Readonly<Record<ErrorKind, number>> = { connect: 0, timeout: 0, broken: 0, "5xx": 0 };

/** What all reporters say of one service, or of one endpoint of it. */
export class LoadSum {
  readonly counts = new DecayedCounts();
  /** Since this was made. */
  readonly totals = { issued: 0, succeeded: 0, failed: 0, dropped: 0 };
  readonly errors = { ...NO_ERRORS };
  /** When something was reported of it last (monotonic). */
  atMs = 0;
  #sketch: LatencySketch | undefined;
  #sketchAtMs = 0;

  add({ counts, errors, latencies }: Reported, windowMs: number, nowMs: number): void {
    this.counts.add(counts, windowMs, nowMs);
    for (const key of ["issued", "succeeded", "failed", "dropped"] as const) this.totals[key] += counts[key];
    for (const kind of ERROR_KINDS) this.errors[kind] += errors[kind];
    this.atMs = nowMs;
    if (latencies === undefined) return;
    this.#sketch ??= LatencySketch.empty();
    // As the rates fade, so do these: by the time that has passed, whoever reports how often.
    this.#sketch.fade(Math.exp(-Math.max(0, nowMs - this.#sketchAtMs) / TAU_MS));
    this.#sketch.merge(latencies);
    this.#sketchAtMs = nowMs;
  }

  /** Undefined while no reporter tells. */
  get latencies(): Latencies | undefined {
    const [p50, p90, p99] = [0.5, 0.9, 0.99].map((q) => this.#sketch?.quantile(q));
    return p50 === undefined || p90 === undefined || p99 === undefined ? undefined : { p50, p90, p99 };
  }
}
