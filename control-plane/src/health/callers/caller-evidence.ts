// What the callers' load reports say of endpoints, as the judge takes it.

import type { EndpointId, Keyed, ServiceName, Watchable } from "@fairlead/shared";

/** Callers have more trouble with this endpoint than each of them has elsewhere. */
export interface CallerFinding {
  readonly kind: "errors" | "latency";
  /** `most`: so many of those who call it agree that a third of them, lying together, could not say it alone. */
  readonly agreement: "some" | "most";
  /** What is left of its weight by that, above 0 and below 1. */
  readonly share: number;
  readonly because: string;
  /** Wall time. */
  readonly sinceMs: number;
}

/** Callers of one zone have trouble with the endpoints of one zone, and others have not: the path between them is to blame. */
export interface ZonePair {
  readonly from: string;
  readonly to: string;
  readonly because: string;
  readonly sinceMs: number;
}

export interface CallersView {
  readonly endpoints: ReadonlyMap<EndpointId, CallerFinding>;
  /** Everybody has trouble with everybody: nobody is to blame, and nobody is taken out by callers' words. */
  readonly fleetWide: { readonly because: string; readonly sinceMs: number } | undefined;
  readonly zonePairs: readonly ZonePair[];
}

/** A caller whose word does not count, and why. */
export interface DoubtedCaller {
  readonly service: ServiceName;
  readonly caller: string;
  /** `fails-everywhere`: with everybody, where others do not. `contradicted`: with whom nearly all others have no trouble. */
  readonly kind: "fails-everywhere" | "contradicted";
  readonly because: string;
  readonly sinceMs: number;
}

/** Equal views keep their reference. */
export interface CallerEvidence {
  readonly services: Keyed<ServiceName, CallersView>;
  readonly doubted: Watchable<readonly DoubtedCaller[]>;
}
