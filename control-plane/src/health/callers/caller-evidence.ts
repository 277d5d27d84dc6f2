// What the callers' load reports say of endpoints, as the judge takes it.

import { type EndpointId, type Keyed, KeyedCell, type ServiceName } from "@fairlead/shared";

/** Callers have more trouble with this endpoint than each of them has elsewhere. */
export interface CallerFinding {
  readonly kind: "errors" | "latency";
  /** `most`: so many of those who call it agree that a few of them, lying together, could not say it alone. */
  readonly agreement: "some" | "most";
  /** What is left of its weight by that, above 0 and below 1. */
  readonly share: number;
  readonly because: string;
  /** Wall time. */
  readonly sinceMs: number;
}

export interface CallersView {
  readonly endpoints: ReadonlyMap<EndpointId, CallerFinding>;
  /** Everybody has trouble with everybody: nobody is to blame, and nobody is taken out by callers' words. */
  readonly fleetWide: { readonly because: string; readonly sinceMs: number } | undefined;
}

/** Equal views keep their reference. */
export interface CallerEvidence {
  readonly services: Keyed<ServiceName, CallersView>;
}

/** Where nobody reports. */
export const NO_CALLERS: CallerEvidence = { services: new KeyedCell() };
