// What a gRPC client is told of health, weight and priority: it drops UNHEALTHY endpoints and knows no panic, ignores endpoint
// weights (gRFC A27) unless it hashes, and leaves a priority only when nobody of it answers.

import type { SnapshotEndpoint } from "../snapshot/index.js";
import { byZone } from "./by-zone.js";
import { callable, healthyOf } from "./callable.js";
import { steppedWeight } from "./member-weight.js";
import { priorityGroups } from "./priority-groups.js";
import { priorityLoads } from "./priority-loads.js";

/** More sub_zones than this would only add child policies in the client; weights beyond are rounded to their neighbours. */
const SUB_ZONES_MAX = 8;
/** Weights of a priority that several share add up to about this: fine enough for 1 %, far below what fits (2^32). */
const SHARED_TOTAL = 1_000_000;

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

/** Endpoints of one priority of ours, and their share of the priority that the client sees them in. */
interface Rank {
  readonly rank: number;
  /** Percent; of a rank that has a priority for itself it does not matter. */
  readonly load: number;
  readonly members: readonly SnapshotEndpoint[];
}

/** Localities by priority, zone and weight, sorted, at most `SUB_ZONES_MAX` weights per zone. `called` are those that shall be called. */
export function grpcLocalities(endpoints: readonly SnapshotEndpoint[], called = callable(endpoints)): readonly GrpcLocality[] {
  const steps = weightSteps(endpoints);
  return tiersOf(endpoints, called).flatMap((tier, priority) =>
    tier.flatMap((rank) => {
      const localities = localitiesOf(rank, priority, steps);
      if (tier.length === 1) return localities;
      const total = localities.reduce((sum, { weight }) => sum + weight, 0);
      return localities.map((locality) => ({
        ...locality,
        weight: atLeastOne((locality.weight * rank.load * SHARED_TOTAL) / 100 / total),
      }));
    }),
  );
}

/**
 * For policies that hash: a client multiplies the weights of locality and endpoint, so that one locality for each zone has weight 1 and
 * its endpoints their own.
 */
export function hashedLocalities(endpoints: readonly SnapshotEndpoint[], called = callable(endpoints)): readonly GrpcLocality[] {
  return tiersOf(endpoints, called).flatMap((tier, priority) => {
    const ratios = tier.map(({ load, members }) => load / members.reduce((sum, member) => sum + steppedWeight(member), 0));
    const highest = Math.max(...ratios);
    return tier.flatMap(({ rank, members }, at) => {
      const weight = tier.length === 1 ? 1 : atLeastOne(((ratios[at] ?? 0) / highest) * HASHED_WEIGHT_MAX);
      const subZone = rank === 0 ? "" : `p${rank}`;
      return byZone(members).map(([zone, of]) => ({ priority, zone, subZone, weight, members: of }));
    });
  });
}

/** Times 10,000, the heaviest endpoint, it is well below 2^32, which grpc-go multiplies in. */
const HASHED_WEIGHT_MAX = 1_000;

/**
 * Priorities as the client sees them. Those that Envoy would use side by side, since the first cannot carry everything, are one to a
 * gRPC client, with the shares that Envoy would give them; of a priority it uses whoever answers.
 */
function tiersOf(endpoints: readonly SnapshotEndpoint[], called: readonly SnapshotEndpoint[]): readonly (readonly Rank[])[] {
  const all = priorityGroups(endpoints);
  const loads = priorityLoads(all.map(({ members }) => ({ healthy: healthyOf(members).length, total: members.length })));
  const loadOf = new Map(all.map(({ number }, at) => [number, loads[at] ?? 0]));
  const ranks = priorityGroups(called).map(({ priority, number, members }) => ({ rank: priority, load: loadOf.get(number) ?? 0, members }));
  // Where the verdicts are not believed, unhealthy ones are called too, and there is no health to go by.
  if (called.some(({ health }) => health !== "healthy")) return ranks.map((rank) => [rank]);
  const sharing = ranks.filter(({ load }) => load > 0);
  const others = ranks.filter(({ load }) => load === 0);
  return [...(sharing.length === 0 ? [] : [sharing]), ...others.map((rank) => [rank])];
}

function localitiesOf({ rank, members: all }: Rank, priority: number, steps: (weight: number) => number): GrpcLocality[] {
  const groups = new Map<string, { zone: string; weight: number; members: SnapshotEndpoint[] }>();
  for (const member of all) {
    const { zone } = member.endpoint;
    const weight = steps(steppedWeight(member));
    const key = JSON.stringify([zone, weight]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { zone, weight, members: [member] });
    else group.members.push(member);
  }
  return [...groups.values()]
    .sort((one, other) => (one.zone === other.zone ? one.weight - other.weight : one.zone < other.zone ? -1 : 1))
    .map(({ zone, weight, members }) => {
      const subZone = rank === 0 ? `w${weight}` : `w${weight}-p${rank}`;
      return { priority, zone, subZone, weight: weight * members.length, members };
    });
}

/** Maps a weight to one of at most `SUB_ZONES_MAX`: itself when there are few, else the nearest of evenly ranked ones. */
function weightSteps(endpoints: readonly SnapshotEndpoint[]): (weight: number) => number {
  const weights = [...new Set(endpoints.map(steppedWeight))].sort((one, other) => one - other);
  if (weights.length <= SUB_ZONES_MAX) return (weight) => weight;
  const kept = Array.from(
    { length: SUB_ZONES_MAX },
    (_, step) => weights[Math.round((step * (weights.length - 1)) / (SUB_ZONES_MAX - 1))] ?? 1,
  );
  return (weight) => kept.reduce((best, each) => (Math.abs(each - weight) < Math.abs(best - weight) ? each : best));
}

function atLeastOne(weight: number): number {
  return Math.max(1, Math.round(weight));
}
