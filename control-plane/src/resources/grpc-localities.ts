// What a gRPC client is told of health and weight: it drops UNHEALTHY endpoints and knows no panic, and it ignores
// endpoint weights (gRFC A27).

import type { SnapshotEndpoint } from "../snapshot/index.js";

/** More sub_zones than this would only add child policies in the client; weights beyond are rounded to their neighbours. */
const SUB_ZONES_MAX = 8;

export interface GrpcLocality {
  readonly zone: string;
  /** `w100` and so on: part of the locality's identity, so it is derived from the weight alone. */
  readonly subZone: string;
  /** Sum of its members' weights; never 0, gRPC skips such a locality without a word. */
  readonly weight: number;
  readonly members: readonly SnapshotEndpoint[];
}

/**
 * The endpoints a gRPC client shall call (D16): unhealthy ones are left out only while at least half of those not
 * draining stay, otherwise a wrong mass verdict would fail every call. Draining ones are left out while anybody else is there.
 */
export function callable(endpoints: readonly SnapshotEndpoint[]): readonly SnapshotEndpoint[] {
  const serving = endpoints.filter(({ health }) => health !== "draining");
  if (serving.length === 0) return endpoints;
  const healthy = serving.filter(({ health }) => health === "healthy");
  return healthy.length * 2 >= serving.length ? healthy : serving;
}

/** Groups by zone and weight, sorted, at most `SUB_ZONES_MAX` weights per zone. */
export function grpcLocalities(endpoints: readonly SnapshotEndpoint[]): readonly GrpcLocality[] {
  const groups = new Map<string, { zone: string; weight: number; members: SnapshotEndpoint[] }>();
  const steps = weightSteps(endpoints);
  for (const member of callable(endpoints)) {
    const { zone } = member.endpoint;
    const weight = steps(member.endpoint.weight);
    const key = JSON.stringify([zone, weight]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { zone, weight, members: [member] });
    else group.members.push(member);
  }
  return [...groups.values()]
    .sort((one, other) => (one.zone === other.zone ? one.weight - other.weight : one.zone < other.zone ? -1 : 1))
    .map(({ zone, weight, members }) => ({ zone, subZone: `w${weight}`, weight: weight * members.length, members }));
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
