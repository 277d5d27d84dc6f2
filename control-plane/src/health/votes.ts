// What other checkers think of the endpoints that we check too.

import { type EndpointId, type Keyed, KeyedCell, type ServiceName } from "@fairlead/shared";
import type { CallerFinding } from "./callers/caller-evidence.js";
import type { EvidenceKind, HealthStatus } from "./opinion.js";

export interface Vote {
  /** Who says so: the id of its control plane. */
  readonly checker: string;
  readonly status: HealthStatus;
  /** What made it unhealthy. */
  readonly kind: EvidenceKind | undefined;
  readonly refusing: boolean;
  readonly because: string;
  /** What the callers that report to that checker say. */
  readonly callers: CallerFinding | undefined;
}

export interface Votes {
  /** Of other checkers that are alive and not muted. A vote that is too old is gone. Equal votes keep their reference. */
  readonly votes: Keyed<ServiceName, ReadonlyMap<EndpointId, readonly Vote[]>>;
}

/** Where there is no other checker. */
export const NO_VOTES: Votes = { votes: new KeyedCell() };
