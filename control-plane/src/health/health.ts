// The seam through which the answer leaves this room.

import type { EndpointId, Keyed, ServiceName } from "@fairlead/shared";
import type { HealthStatus, Opinion } from "./opinion.js";

/** What is done about an endpoint, and why. */
export interface Verdict {
  readonly status: HealthStatus;
  readonly because: string;
  /** Wall time since when the status holds. */
  readonly sinceMs: number;
  /** It answered that it does not serve: it goes at once whatever guard is active (invariant 3). */
  readonly refusing: boolean;
}

/** Equal verdicts keep their reference. */
export interface Health {
  readonly verdicts: Keyed<ServiceName, ReadonlyMap<EndpointId, Verdict>>;
  /** While `verdicts` tell of a service: when the first piece of evidence for what they tell came in, on the monotonic clock. */
  noticedMs(service: ServiceName): number | undefined;
  /** What our own checks think of it now. */
  opinion(service: ServiceName, endpoint: EndpointId): Opinion | undefined;
}
