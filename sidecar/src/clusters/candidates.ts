import type { CandidateGroup } from "../balancer/index.js";
import type { Assignment, ClusterConfig, EndpointState } from "../endpoint/index.js";
import { type PriorityLevel, priorityShares } from "./priority-shares.js";

/** Which endpoints get requests, and why just these. */
export interface Candidates {
  /**
   * - `healthy`: those that are neither unhealthy nor draining
   * - `panic`: so few of those, in a priority that is in use, that the verdicts are doubted there: all that do not drain
   * - `draining`: every endpoint drains; a leaving endpoint is better than a refused request
   * - `standby`: the assignment has nobody who may be used, but had a moment ago
   * - `none`: there is no endpoint, or none that may be used
   */
  readonly mode: "healthy" | "panic" | "draining" | "standby" | "none";
  /** The least preferred priority that gets traffic; 0 outside `healthy`, and where all are in panic. */
  readonly priority: number;
  /** Those that get traffic. */
  readonly endpoints: readonly EndpointState[];
  /** The same by priority and locality, with their shares; those of share 0 after them are for when nobody else may be picked. */
  readonly groups: readonly CandidateGroup[];
}

export interface CandidateSpec {
  readonly config: ClusterConfig;
  readonly assignment: Assignment;
  readonly verdictsExpired: boolean;
  /** Lost by a collapse: called where nobody else can be. */
  readonly standby: readonly EndpointState[];
}

/**
 * Traffic goes to the priorities as Envoy splits it (`priority-shares.ts`), and in each to localities by weight where the
 * cluster says so. Draining is an answer and stands whatever happens (invariants 3 and 10): who drains counts as capacity
 * that is missing, but not as a reason to doubt the verdicts; unhealthy is a verdict and can be wrong.
 */
export function candidatesOf(endpoints: readonly EndpointState[], spec: CandidateSpec): Candidates {
  const assigned = assignedCandidates(endpoints, spec);
  if (spec.standby.length === 0) return assigned;
  if (assigned.mode === "none") return together("standby", spec.standby);
  return { ...assigned, groups: [...assigned.groups, ...groupOf(0, spec.standby)] };
}

function assignedCandidates(endpoints: readonly EndpointState[], spec: CandidateSpec): Candidates {
  const staying = endpoints.filter((state) => state.endpoint.health !== "draining");
  if (staying.length === 0) return together(endpoints.length === 0 ? "none" : "draining", endpoints);
  const levels = levelsOf(endpoints, spec);
  const shares = priorityShares(levels, spec.config.panicPercent);
  if (shares === "nobody") return together("none", []);
  if (shares === "everybody") return together("panic", staying);
  const groups = levels.flatMap((level, index) => {
    const { share, isPanic } = shares[index] ?? { share: 0, isPanic: false };
    const members = isPanic ? level.staying : level.usable;
    return spec.config.weighsLocalities ? localityGroups(members, level, { share, isPanic, spec }) : groupOf(share, members);
  });
  const used = groups.filter(({ share }) => share > 0);
  return {
    mode: shares.some(({ isPanic }) => isPanic) ? "panic" : "healthy",
    priority: Math.max(...used.flatMap(({ endpoints: members }) => members.slice(0, 1).map(({ endpoint }) => endpoint.priority))),
    endpoints: used.length === 1 ? (used[0]?.endpoints ?? []) : used.flatMap(({ endpoints: members }) => members),
    groups,
  };
}

function together(mode: Candidates["mode"], endpoints: readonly EndpointState[]): Candidates {
  return { mode, priority: 0, endpoints, groups: groupOf(1, endpoints) };
}

function groupOf(share: number, endpoints: readonly EndpointState[]): CandidateGroup[] {
  return endpoints.length === 0 ? [] : [{ share, endpoints }];
}

interface Level extends PriorityLevel {
  readonly all: readonly EndpointState[];
  readonly staying: readonly EndpointState[];
  readonly usable: readonly EndpointState[];
}

/** Most preferred first; one in nearly every service. */
function levelsOf(endpoints: readonly EndpointState[], { assignment, verdictsExpired }: CandidateSpec): readonly Level[] {
  const priorities = [...new Set(endpoints.map((state) => state.endpoint.priority))].sort((one, other) => one - other);
  const count = (states: readonly EndpointState[]) =>
    assignment.countsWeights ? states.reduce((sum, { endpoint }) => sum + endpoint.weight, 0) : states.length;
  return priorities.map((priority) => {
    const all = endpoints.filter((state) => state.endpoint.priority === priority);
    const staying = all.filter((state) => state.endpoint.health !== "draining");
    const usable = verdictsExpired ? staying : staying.filter((state) => state.endpoint.health !== "unhealthy");
    return {
      all,
      staying,
      usable,
      availablePercent: Math.min(100, (assignment.overprovisioningPercent * count(usable)) / count(all)),
      usablePercent: staying.length === 0 ? 0 : (100 * usable.length) / staying.length,
      isEmpty: staying.length === 0,
    };
  });
}

interface LevelShare {
  readonly share: number;
  readonly isPanic: boolean;
  readonly spec: CandidateSpec;
}

/**
 * The localities of a priority by weight, of which one that has lost endpoints keeps as much as the rest of it can carry, like
 * a priority (Envoy's locality weighted load balancing). One without weight gets nothing; where none has any, all are one.
 */
function localityGroups(members: readonly EndpointState[], level: Level, { share, isPanic, spec }: LevelShare): CandidateGroup[] {
  const localities = byLocality(members);
  const whole = byLocality(level.all);
  const weights = [...localities].map(([key, states]) => {
    const weight = states[0]?.endpoint.localityWeight ?? 0;
    if (isPanic) return weight;
    const available = (spec.assignment.overprovisioningPercent * states.length) / (whole.get(key)?.length ?? 1) / 100;
    return weight * Math.min(1, available);
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return groupOf(share, members);
  return [...localities.values()].flatMap((states, index) => {
    const weight = weights[index] ?? 0;
    return weight === 0 ? [] : groupOf((share * weight) / total, states);
  });
}

/** In the order of their names. */
function byLocality(endpoints: readonly EndpointState[]): ReadonlyMap<string, readonly EndpointState[]> {
  const localities = new Map<string, EndpointState[]>();
  for (const state of endpoints) {
    const key = JSON.stringify([state.endpoint.zone, state.endpoint.subZone]);
    const members = localities.get(key);
    if (members === undefined) localities.set(key, [state]);
    else members.push(state);
  }
  return new Map([...localities].sort(([one], [other]) => (one < other ? -1 : 1)));
}
