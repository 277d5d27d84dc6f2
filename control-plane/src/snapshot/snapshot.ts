// One immutable, versioned picture of every service: what the resources are rendered from.

import type { EndpointId, ServiceName } from "@fairlead/shared";
import type { ServiceSettings } from "../config/index.js";
import type { Endpoint } from "../discovery/index.js";
import type { Ramp } from "../health/index.js";
import type { ConfirmedMark } from "../registry/index.js";

/** What callers are told: an endpoint whose health is not known yet counts as healthy once it is admitted (see admit.ts). */
export type SnapshotHealth = "healthy" | "unhealthy" | "draining";

export interface SnapshotEndpoint {
  readonly endpoint: Endpoint;
  readonly health: SnapshotHealth;
  /** Of its weight, where doubts cost it some. */
  readonly share?: number;
  /** It was out, and takes up its share again. */
  readonly ramp?: Ramp;
  /** Where it came from, for a restart to compare the first readings with. */
  readonly sources: readonly string[];
  readonly sinceMs: number;
}

/** What made a service what it is. Both on the monotonic clock. */
export interface ServiceChange {
  /** When it was observed: a source's word, a verdict, an operator's. */
  readonly eventMs: number;
  readonly publishedMs: number;
}

export type Origin =
  | { readonly kind: "live" }
  /** From the saved state of an earlier run: its sources have not spoken yet. */
  | { readonly kind: "saved"; readonly savedAtMs: number }
  /** No source has it any more; kept, empty, until nobody calls it (invariant 9). */
  | { readonly kind: "retired"; readonly sinceMs: number };

export interface ServiceSnapshot {
  readonly name: ServiceName;
  /** Content hash of what can reach a client: settings, endpoints and the confirmed mark, not `origin`, `sources`, `sinceMs` or places. */
  readonly version: string;
  readonly settings: ServiceSettings;
  /** Sorted by id: the order of a source never reaches the wire. */
  readonly endpoints: readonly SnapshotEndpoint[];
  /** New endpoints that wait for their first check to pass (invariant 4). */
  readonly awaiting: readonly EndpointId[];
  readonly origin: Origin;
  /** The registry let a collapse through: the small set is meant. */
  readonly confirmed?: ConfirmedMark;
  /** Of no account for what the service is; absent in one that was read from the saved state. */
  readonly change?: ServiceChange;
}

export interface Snapshot {
  /** Content hash over all services. */
  readonly version: string;
  /** `lineage/epoch/revision`: order, outside the resources. */
  readonly position: string;
  /** Wall time of the publish. */
  readonly publishedAtMs: number;
  readonly services: ReadonlyMap<ServiceName, ServiceSnapshot>;
  /** Services that a source names but that cannot be answered for yet, and why. */
  readonly withheld: ReadonlyMap<ServiceName, { readonly reason: string; readonly sinceMs: number }>;
  /** Services whose newest state is inconsistent: the last good one stands, with the reason. */
  readonly refused: ReadonlyMap<ServiceName, string>;
  /** Every source has spoken completely or been replaced by saved state: an unknown name is known not to exist. */
  readonly complete: { readonly kind: "complete" } | { readonly kind: "waiting"; readonly sources: readonly string[] };
  /** bootWait has passed: a client with nothing to lose may be answered with what is known. */
  readonly bootWaitOver: boolean;
  /** Services as an earlier run saved them, whose sources have not spoken yet: a client may know better. */
  readonly unheard: ReadonlySet<ServiceName>;
}
