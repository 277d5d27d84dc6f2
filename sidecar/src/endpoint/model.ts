// What a cluster, its assignment and its route are to this sidecar, once decoded and checked.

import type { EndpointId, Protocol } from "@fairlead/shared";

/** How an endpoint is chosen. The last two keep a key at one endpoint. */
export const PICK_POLICIES = [
  "round-robin",
  "reported-round-robin",
  "least-request",
  "random",
  "peak-ewma",
  "ring-hash",
  "maglev",
] as const;
export type PickPolicy = (typeof PICK_POLICIES)[number];

/** What of a policy can be set. Everything has a value; those of other policies are not looked at. */
export interface PickSettings {
  readonly policy: PickPolicy;
  /** Of least-request: how many are drawn and compared; Infinity compares all. */
  readonly choices: number;
  /** Of ring-hash: points on the ring. */
  readonly ringSize: { readonly least: number; readonly most: number };
  /** Of maglev: a prime. */
  readonly tableSize: number;
  /** Of both: an endpoint takes at most this percentage of its fair share of what is under way; undefined is no bound. */
  readonly balancePercent: number | undefined;
  /** Of reported-round-robin. */
  readonly reports: ReportSettings;
}

/** When endpoints' reports of their load count (gRFC A58). */
export interface ReportSettings {
  /** An endpoint's reports do not count before it has made them for so long. */
  readonly blackoutMs: number;
  /** The last one counts for so long. */
  readonly expirationMs: number;
  /** Weights are made anew so often. */
  readonly updateMs: number;
  /** What a request that fails counts as, in utilization of a request that does not. */
  readonly errorPenalty: number;
}

/** How the share of an endpoint grows that begins to serve. */
export interface SlowStart {
  readonly windowMs: number;
  /** 1 is linear; above, steeper at the beginning. */
  readonly aggression: number;
  readonly leastPercent: number;
}

/** When callers set an endpoint aside by themselves because it fails what they send. */
export interface OutlierRule {
  /** Failures in a row; 0 is never. */
  readonly failuresInRow: number;
  /** Every 5xx is a failure; else 502, 503 and 504. */
  readonly countsEvery5xx: boolean;
  /** Of the endpoints that may be picked. */
  readonly maxPercent: number;
}

export interface ClusterConfig {
  readonly name: string;
  readonly version: string;
  readonly protocol: Protocol;
  readonly picking: PickSettings;
  /** Undefined: only endpoints whose metadata say so start slowly. */
  readonly slowStart: SlowStart | undefined;
  /** A locality is chosen by its weight first, then an endpoint in it. */
  readonly weighsLocalities: boolean;
  readonly connectTimeoutMs: number;
  /** Retries may be at most this share of requests in flight, in percent. */
  readonly retryBudgetPercent: number;
  /** Requests in flight at once, of a tcp service connections; beyond it the caller gets 503, or its connection is broken off. */
  readonly maxRequests: number;
  /** Below this share of usable endpoints health is ignored, in percent. */
  readonly panicPercent: number;
  readonly outlier: OutlierRule;
}

export interface RouteConfig {
  readonly name: string;
  readonly version: string;
  readonly cluster: string;
  /** Whole request; always more than 0. "No limit" on the wire arrives as a day. */
  readonly timeoutMs: number;
  /** Of one try, until its answer begins; 0 where only the whole request has a limit. */
  readonly perTryTimeoutMs: number;
  /** Tries beyond the first. */
  readonly retryAttempts: number;
  /** At most this share of requests gets a second try while the first still runs, in percent; 0 for none. */
  readonly hedgePercent: number;
  /** What the key is made of, for policies that hash; in order. */
  readonly hashOn: readonly HashOn[];
}

/** A part of a request's key. `terminal`: where it is found, what follows is not looked at. */
export type HashOn = { readonly terminal: boolean } & (
  | { readonly kind: "header"; readonly name: string }
  /** `make`: where the caller sends none, it is told to send one from then on. */
  | { readonly kind: "cookie"; readonly name: string; readonly make: { readonly maxAgeS: number; readonly path: string } | undefined }
  | { readonly kind: "source-ip" }
  | { readonly kind: "query"; readonly name: string }
);

export type HealthVerdict = "unknown" | "healthy" | "unhealthy" | "draining";

export interface UpstreamEndpoint {
  readonly id: EndpointId;
  /** Canonical IP without brackets. */
  readonly ip: string;
  readonly port: number;
  /** 1 to 10000. What weighs 0 in the control plane arrives as draining. */
  readonly weight: number;
  readonly zone: string;
  readonly subZone: string;
  /** Of its locality, among those of its priority; 0 where none is said. */
  readonly localityWeight: number;
  /** 0 is used first; a higher one only while too few of the lower ones are usable. */
  readonly priority: number;
  readonly health: HealthVerdict;
  /** Identity of the process behind the address; a new one means that nothing learnt of the old applies. */
  readonly instance: string | undefined;
  /** When it began to serve (wall time) and how long its share grows from then on, as the control plane has recorded it. */
  readonly ramp: { readonly startMs: number; readonly windowMs: number } | undefined;
  /** Once it leaves: by when (wall time) long-lived connections to it have ended. Absent where it does not say. */
  readonly drainUntilMs?: number | undefined;
}

export interface Assignment {
  readonly name: string;
  readonly version: string;
  /** Sorted by id. */
  readonly endpoints: readonly UpstreamEndpoint[];
  /** A priority carries everything until less than 100 in this many of its endpoints are usable. */
  readonly overprovisioningPercent: number;
  /** Weights, not endpoints, are counted to tell how much a priority can carry. */
  readonly countsWeights: boolean;
  /** The control plane has doubted that so few are left, and knows by now that it is so: nobody need doubt it again. */
  readonly confirmed: boolean;
}

/** What was applied last, by service name. Immutable; an unchanged resource keeps its reference. */
export interface AppliedResources {
  readonly clusters: ReadonlyMap<string, ClusterConfig>;
  readonly assignments: ReadonlyMap<string, Assignment>;
  readonly routes: ReadonlyMap<string, RouteConfig>;
}
