// What is known about an endpoint's health, and the seam through which the answer leaves this room.

import type { EndpointId, Keyed, ServiceName } from "@fairlead/shared";

export type HealthStatus = "unknown" | "healthy" | "unhealthy";

export interface CheckResult {
  readonly outcome: "passed" | "refused" | "failed" | "timeout";
  /** What was seen, for a person: `status 503, expected 200-299`. */
  readonly detail: string;
  /** Wall time. */
  readonly atMs: number;
  readonly tookMs: number;
}

export interface EndpointHealth {
  readonly status: HealthStatus;
  readonly because: string;
  /** Wall time since when the status holds. */
  readonly sinceMs: number;
  readonly last: CheckResult | undefined;
  /** Consecutive results that disagree with `status`. */
  readonly disagreeing: number;
  /**
   * The endpoint answered that it does not serve (refused twice in a row): evidence, not doubt. It goes at once whatever
   * guard is active (invariant 3).
   */
  readonly refusing: boolean;
}

/** Equal verdicts keep their reference; a check that changes nothing but `last` does not notify. */
export interface Health {
  readonly verdicts: Keyed<ServiceName, ReadonlyMap<EndpointId, EndpointHealth>>;
  /** While `verdicts` tell of a service: when the first of the results that they tell came in, on the monotonic clock. */
  noticedMs(service: ServiceName): number | undefined;
  /** Newest detail, including what `verdicts` does not notify about. */
  detail(service: ServiceName, endpoint: EndpointId): EndpointHealth | undefined;
}
