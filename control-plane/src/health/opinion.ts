// What one checker thinks of an endpoint, from its own probes alone. What becomes of it is a verdict: see verdict/.

import type { EndpointId, Keyed, ServiceName } from "@fairlead/shared";

export type HealthStatus = "unknown" | "healthy" | "unhealthy";

/**
 * What evidence is worth. An answer (refused, draining, maintenance, somebody else's address) acts at once. A complaint (a bad
 * status, errors, slowness) and silence are counted, and spend budgets. Trouble of our own is no evidence and has no kind.
 */
export type EvidenceKind = "answer" | "complaint" | "silence";

export interface CheckResult {
  /** `mistaken`: it answered, and it is not who is registered there. */
  readonly outcome: "passed" | "refused" | "mistaken" | "failed" | "timeout";
  /** What was seen, for a person: `status 503, expected 200-299`. */
  readonly detail: string;
  /** Wall time. */
  readonly atMs: number;
  readonly tookMs: number;
}

export interface Opinion {
  readonly status: HealthStatus;
  readonly because: string;
  /** Wall time since when the status holds. */
  readonly sinceMs: number;
  /** What made it unhealthy; undefined while it is not. */
  readonly kind: EvidenceKind | undefined;
  readonly last: CheckResult | undefined;
  /** Consecutive results that disagree with `status`. */
  readonly disagreeing: number;
  /**
   * The endpoint answered that it does not serve (refused twice in a row, or is somebody else): evidence, not doubt. It goes at once whatever
   * guard is active (invariant 3).
   */
  readonly refusing: boolean;
}

/** Equal opinions keep their reference; a check that changes nothing but `last` does not notify. */
export interface Opinions {
  readonly opinions: Keyed<ServiceName, ReadonlyMap<EndpointId, Opinion>>;
  /** While `opinions` tell of a service: when the first of the results that they tell came in, on the monotonic clock. */
  noticedMs(service: ServiceName): number | undefined;
  /** Newest detail, including what `opinions` does not notify about. */
  detail(service: ServiceName, endpoint: EndpointId): Opinion | undefined;
  /** Checks it once more before its turn, unless that was done a moment ago: somebody else has doubts. */
  probeSoon(service: ServiceName, endpoint: EndpointId): void;
}
