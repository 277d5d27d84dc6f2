// The merged answer of all sources: who is there, who said so, and whose removal waits.

import type { EndpointId, Keyed, ServiceName, Watchable } from "@fairlead/shared";
import type { Endpoint, ListingState, Quarantined, SourceDetail } from "../discovery/index.js";
import type { Comparison } from "./comparison.js";

export const HOLD_KINDS = ["debounce", "disturbed", "flap", "shrink", "retained"] as const;
export type HoldKind = (typeof HOLD_KINDS)[number];

/** A removal that waits. Every hold has an end of its own (`untilMs`), and an operator can end it. */
export interface Hold {
  readonly kind: HoldKind;
  readonly because: string;
  /** Wall time, ms since 1970. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

export interface RegisteredEndpoint {
  readonly endpoint: Endpoint;
  /** Sources that give it now, in order of priority; the first one's weight, zone and state count. Empty while it is only held. */
  readonly sources: readonly string[];
  /** Wall time of its first appearance in this process or in the saved state. */
  readonly sinceMs: number;
  readonly hold: Hold | undefined;
}

/** What one source contributes to one service. */
export interface Contribution {
  readonly source: string;
  /** `standby` where another source decides (`merge: first`), `compared` where it is only looked at. */
  readonly role: "feeds" | "standby" | "compared";
  readonly state: "pending" | "complete" | "partial" | "stale";
  readonly reason: string | undefined;
  /** Wall time since when it is stale; undefined otherwise. */
  readonly staleSinceMs: number | undefined;
  readonly endpoints: number;
  readonly quarantined: readonly Quarantined[];
  readonly mark: string | undefined;
}

/**
 * A collapse that the guards let through, by time or by an operator's word: the small set is meant. It stands until the
 * service has recovered.
 */
export interface ConfirmedMark {
  /** Wall time. */
  readonly sinceMs: number;
  readonly because: string;
  /** Endpoints there were before the collapse. */
  readonly before: number;
}

export interface RegisteredService {
  readonly name: ServiceName;
  readonly endpoints: ReadonlyMap<EndpointId, RegisteredEndpoint>;
  readonly contributions: readonly Contribution[];
  /** Whether every source that could hold endpoints of this service has spoken; if not, which have not. */
  readonly settled: { readonly kind: "settled" } | { readonly kind: "waiting"; readonly sources: readonly string[] };
  /** No source names it any more, all of them completely; wall time since then. */
  readonly goneSinceMs: number | undefined;
  readonly confirmed: ConfirmedMark | undefined;
  /**
   * When what made the service so was noticed, on the monotonic clock, where that was before it was told. A removal that was held counts
   * from when it is let go: a hold is doubt, and no delay.
   */
  readonly noticedMs?: number;
}

export interface SourceStatus {
  readonly name: string;
  readonly type: string;
  readonly listing: ListingState;
  readonly services: number;
  /** Whether some service is fed by it; one that is only compared with holds nothing up. */
  readonly feeds: boolean;
  /** Wall time; 0 while it is calm. */
  readonly disturbedUntilMs: number;
  /** It lost many endpoints of several services at once, which disturbed it without its saying so. */
  readonly massChange: boolean;
  /** What it says of its own connection now, where it has one. */
  readonly detail: (() => SourceDetail) | undefined;
}

export interface Registry {
  readonly services: Keyed<ServiceName, RegisteredService>;
  readonly sources: Watchable<readonly SourceStatus[]>;
  /** What the sources that are only compared with say otherwise, by service. */
  readonly comparisons: ReadonlyMap<ServiceName, Comparison>;
  /** What an endpoint is reproached for having come and gone, now; see flap-damping.ts. */
  flapPenalty(service: ServiceName, endpoint: EndpointId): number;
}
