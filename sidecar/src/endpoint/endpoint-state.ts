import { LatencySketch } from "@fairlead/shared";
import type { TryFailure } from "./evidence.js";
import type { UpstreamEndpoint } from "./model.js";

/** Why this sidecar passes an endpoint over by itself: it gets no connection, what it sends there fails, or the endpoint asked for time. */
export type EjectionCause = "connect" | "traffic" | "asked";

/** How a try at an endpoint ended, as far as balancing cares. */
export type OutcomeKind = "success" | "failure" | "connect-failure" | "cancelled";

/**
 * What this sidecar has learnt of one endpoint. It outlives assignments: while id and instance stay the same, the same
 * object stays (invariant 11). Plain fields, one shape: the request path reads and writes them directly.
 */
export class EndpointState {
  /** What the control plane says of it now; replaced by `clusters` when weight, zone or health change. */
  endpoint: UpstreamEndpoint;
  /** Requests (http1) or connections (tcp) under way. */
  inFlight: number;
  /** Connect failures in a row; 0 after any answer. */
  connectFailures: number;
  /** A row of failures: answers that were none or no good, time-outs, and when its first request was picked. 0 after any good answer. */
  failedAnswers: number;
  silences: number;
  failingSinceMs: number;
  /** Monotonic clock; before it the endpoint is passed over, after it probed. 0 when not ejected. */
  ejectedUntilMs: number;
  /** When it was ejected last, and why; what was sent before says nothing new. */
  ejectedAtMs: number;
  ejectedBecause: EjectionCause;
  /** Ejections in a row; 0 after the end of one. */
  ejections: number;
  /** Until then one request is under way to find out whether an ejected endpoint is back; 0 while none is. */
  probeUntilMs: number;
  /** Tries under way of which it is not known yet that a connection stands. */
  opening: number;
  /** Weighted round robin: when its next turn is due, in the virtual time of its set; NaN until it is first a candidate. */
  turnDue: number;
  /** Peak EWMA of what tries took, as of `latencyAtMs`; NaN until one was measured. */
  latencyMs: number;
  latencyAtMs: number;
  /** What it says of its load itself, when last, and since when without a gap; NaN while it says nothing. */
  reportedSinceMs: number;
  reportedAtMs: number;
  reportedRequests: number;
  reportedErrors: number;
  reportedUtilization: number;
  /** Its share grows from one to the other (monotonic). Both 0 where it is full. */
  rampStartMs: number;
  rampEndMs: number;
  /** Least share while it grows, and the power that the time is raised to: 1 is linear. */
  rampFloor: number;
  rampExponent: number;
  /** Before it, that it has little under way says that it is new, not that it is free. */
  newUntilMs: number;
  /** The assignment lost it in a collapse, and until then it stands by; 0 for who is in the assignment. */
  standbyUntilMs: number;
  /** Tries by outcome, since this object was made. */
  successes: number;
  failures: number;
  /** Of the failures, those without an answer; the others were answers from 500 on. */
  timeouts: number;
  broken: number;
  connectFailuresTotal: number;
  cancelled: number;
  /** Time that the tries counted as successes and failures took together: those that got a connection. */
  tookMs: number;
  /** Of the same tries, those not yet reported; undefined before the first. */
  latencies: LatencySketch | undefined;

  constructor(endpoint: UpstreamEndpoint) {
    this.endpoint = endpoint;
    this.inFlight = 0;
    this.connectFailures = 0;
    this.failedAnswers = 0;
    this.silences = 0;
    this.failingSinceMs = 0;
    this.ejectedUntilMs = 0;
    this.ejectedAtMs = Number.NEGATIVE_INFINITY;
    this.ejectedBecause = "connect";
    this.ejections = 0;
    this.probeUntilMs = 0;
    this.opening = 0;
    this.turnDue = Number.NaN;
    this.latencyMs = Number.NaN;
    this.latencyAtMs = 0;
    this.reportedSinceMs = Number.NaN;
    this.reportedAtMs = 0;
    this.reportedRequests = 0;
    this.reportedErrors = 0;
    this.reportedUtilization = 0;
    this.rampStartMs = 0;
    this.rampEndMs = 0;
    this.rampFloor = 1;
    this.rampExponent = 1;
    this.newUntilMs = 0;
    this.standbyUntilMs = 0;
    this.successes = 0;
    this.failures = 0;
    this.timeouts = 0;
    this.broken = 0;
    this.connectFailuresTotal = 0;
    this.cancelled = 0;
    this.tookMs = 0;
    this.latencies = undefined;
  }

  /** The part of its weight that it has by now, above 0 and at most 1; Envoy's slow start formula. */
  rampShare(nowMs: number): number {
    if (nowMs >= this.rampEndMs) return 1;
    const grown = (nowMs - this.rampStartMs) / (this.rampEndMs - this.rampStartMs);
    return Math.max(this.rampFloor, this.rampExponent === 1 ? grown : Math.max(0, grown) ** this.rampExponent);
  }

  /** Whether it is too new for its count of requests to be compared with those of the others. */
  isNewcomer(nowMs: number): boolean {
    return nowMs < this.newUntilMs || nowMs < this.rampEndMs;
  }

  /** A try that got a connection took so long. */
  took(tookMs: number): void {
    this.tookMs += tookMs;
    this.latencies ??= LatencySketch.empty();
    this.latencies.add(tookMs);
  }

  /** Counts one finished try; `inFlight` and ejection are the balancer's. @param failure why there was no answer */
  count(outcome: OutcomeKind, failure?: TryFailure): void {
    if (failure === "timeout") this.timeouts++;
    else if (failure === "broken") this.broken++;
    switch (outcome) {
      case "success":
        this.successes++;
        break;
      case "failure":
        this.failures++;
        break;
      case "connect-failure":
        this.connectFailuresTotal++;
        break;
      case "cancelled":
        this.cancelled++;
        break;
    }
  }
}
