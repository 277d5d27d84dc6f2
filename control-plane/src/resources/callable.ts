import type { SnapshotEndpoint } from "../snapshot/index.js";
import { priorityGroups } from "./priority-groups.js";

/**
 * The endpoints a gRPC client shall call (D16): unhealthy ones are left out only while at least half of those not
 * draining stay in some priority, otherwise a wrong mass verdict would fail every call. Draining ones are left out while
 * anybody else is there.
 */
export function callable(endpoints: readonly SnapshotEndpoint[]): readonly SnapshotEndpoint[] {
  const serving = endpoints.filter(({ health }) => health !== "draining");
  if (serving.length === 0) return endpoints;
  const isTrusted = priorityGroups(serving).some(({ members }) => healthyOf(members).length * 2 >= members.length);
  return isTrusted ? healthyOf(serving) : serving;
}

/** Those with a good verdict. */
export function healthyOf(members: readonly SnapshotEndpoint[]): readonly SnapshotEndpoint[] {
  return members.filter(({ health }) => health === "healthy");
}
