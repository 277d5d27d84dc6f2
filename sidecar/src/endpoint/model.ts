// What a cluster, its assignment and its route are to this sidecar, once decoded and checked.

import type { BalancerPolicy, EndpointId, Protocol } from "@fairlead/shared";

export interface ClusterConfig {
  readonly name: string;
  readonly version: string;
  readonly protocol: Protocol;
  readonly policy: BalancerPolicy;
  readonly connectTimeoutMs: number;
  /** Retries may be at most this share of requests in flight, in percent. */
  readonly retryBudgetPercent: number;
  /** Requests in flight at once; beyond it the caller gets 503. */
  readonly maxRequests: number;
  /** Below this share of usable endpoints health is ignored, in percent. */
  readonly panicPercent: number;
}

export interface RouteConfig {
  readonly name: string;
  readonly version: string;
  readonly cluster: string;
  /** Whole request; always more than 0. "No limit" on the wire arrives as a day. */
  readonly timeoutMs: number;
  /** Tries beyond the first. */
  readonly retryAttempts: number;
}

export type HealthVerdict = "unknown" | "healthy" | "unhealthy" | "draining";

export interface UpstreamEndpoint {
  readonly id: EndpointId;
  /** Canonical IP without brackets. */
  readonly ip: string;
  readonly port: number;
  /** 1 to 10000. What weighs 0 in the control plane arrives as draining. */
  readonly weight: number;
  readonly zone: string;
  /** 0 is used first; a higher one only while too few of the lower ones are usable. */
  readonly priority: number;
  readonly health: HealthVerdict;
  /** Identity of the process behind the address; a new one means that nothing learnt of the old applies. */
  readonly instance: string | undefined;
}

export interface Assignment {
  readonly name: string;
  readonly version: string;
  /** Sorted by id. */
  readonly endpoints: readonly UpstreamEndpoint[];
}

/** What was applied last, by service name. Immutable; an unchanged resource keeps its reference. */
export interface AppliedResources {
  readonly clusters: ReadonlyMap<string, ClusterConfig>;
  readonly assignments: ReadonlyMap<string, Assignment>;
  readonly routes: ReadonlyMap<string, RouteConfig>;
}
