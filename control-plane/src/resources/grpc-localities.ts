// What a gRPC client is told of health and weight: it drops UNHEALTHY endpoints and knows no panic, and it ignores
// endpoint weights (gRFC A27).

import type { SnapshotEndpoint } from "../snapshot/index.js";
import { priorityGroups } from "./priority-groups.js";

/** More sub_zones than this would only add child policies in the client; weights beyond are rounded to their neighbours. */
const SUB_ZONES_MAX = 8;

export interface GrpcLocality {
  readonly priority: number;
  readonly zone: string;
  /**
   * `w100` and so on, `w100-p1` beyond the first priority: part of the locality's identity, so it is derived from weight and
   * priority alone. gRPC Java keeps one entry per locality, whatever its priority.
   */
  readonly subZone: string;
  /** Sum of its members' weights; never 0, gRPC skips such a locality without a word. */
  readonly weight: number;
  readonly members: readonly SnapshotEndpoint[];
}

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

function healthyOf(members: readonly SnapshotEndpoint[]): readonly SnapshotEndpoint[] {
  return members.filter(({ health }) => health === "healthy");
}

/** Groups by priority, zone and weight, sorted, at most `SUB_ZONES_MAX` weights per zone. */
export function grpcLocalities(endpoints: readonly SnapshotEndpoint[]): readonly GrpcLocality[] {
  const steps = weightSteps(endpoints);
  return priorityGroups(callable(endpoints)).flatMap(({ priority, members }) => localitiesOf(members, priority, steps));
}

function localitiesOf(endpoints: readonly SnapshotEndpoint[], priority: number, steps: (weight: number) => number): GrpcLocality[] {
  const groups = new Map<string, { zone: string; weight: number; members: SnapshotEndpoint[] }>();
  for (const member of endpoints) {
    const { zone } = member.endpoint;
    const weight = steps(member.endpoint.weight);
    const key = JSON.stringify([zone, weight]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { zone, weight, members: [member] });
    else group.members.push(member);
  }
  return [...groups.values()]
    .sort((one, other) => (one.zone === other.zone ? one.weight - other.weight : one.zone < other.zone ? -1 : 1))
    .map(({ zone, weight, members }) => {
      const subZone = priority === 0 ? `w${weight}` : `w${weight}-p${priority}`;
      return { priority, zone, subZone, weight: weight * members.length, members };
    });
}

/** Maps a weight to one of at most `SUB_ZONES_MAX`: itself when there are few, else the nearest of evenly ranked ones. */
function weightSteps(endpoints: readonly SnapshotEndpoint[]): (weight: number) => number {
  const weights = [...new Set(endpoints.map(({ endpoint }) => Math.max(1, endpoint.weight)))].sort((one, other) => one - other);
  if (weights.length <= SUB_ZONES_MAX) return (weight) => Math.max(1, weight);
  const kept = Array.from(
    { length: SUB_ZONES_MAX },
    (_, step) => weights[Math.round((step * (weights.length - 1)) / (SUB_ZONES_MAX - 1))] ?? 1,
  );
  return (weight) => kept.reduce((best, each) => (Math.abs(each - weight) < Math.abs(best - weight) ? each : best));
}
