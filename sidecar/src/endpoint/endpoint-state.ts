import type { UpstreamEndpoint } from "./model.js";

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
  /** Connect failures in a row; 0 after any connect that worked. */
  connectFailures: number;
  /** Monotonic clock; before it the endpoint is passed over. 0 when never ejected. */
  ejectedUntilMs: number;
  /** Ejections in a row; 0 after any connect that worked. */
  ejections: number;
  /** One request is under way to find out whether an ejected endpoint is back. */
  probing: boolean;
  /** Smooth weighted round robin's running credit; NaN until this endpoint is first a candidate. */
  roundRobinCredit: number;
  /** Tries by outcome, since this object was made. */
  successes: number;
  failures: number;
  connectFailuresTotal: number;
  cancelled: number;
  /** Time that the tries counted as successes and failures took together: those that got a connection. */
  tookMs: number;

  constructor(endpoint: UpstreamEndpoint) {
    this.endpoint = endpoint;
    this.inFlight = 0;
    this.connectFailures = 0;
    this.ejectedUntilMs = 0;
    this.ejections = 0;
    this.probing = false;
    this.roundRobinCredit = Number.NaN;
    this.successes = 0;
    this.failures = 0;
    this.connectFailuresTotal = 0;
    this.cancelled = 0;
    this.tookMs = 0;
  }

  /** Counts one finished try; `inFlight` and ejection are the balancer's. */
  count(outcome: OutcomeKind): void {
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
