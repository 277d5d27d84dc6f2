import { BalancerMemory, type Picker } from "../balancer/index.js";
import { type Assignment, type ClusterConfig, EndpointState, type RouteConfig } from "../endpoint/index.js";
import { type Candidates, candidatesOf } from "./candidates.js";
import { type Moment, welcome } from "./newcomers.js";
import { standbyAfter } from "./standby.js";

/** What a service is now: everything a request needs, behind one reference. Immutable but for what `EndpointState` learns. */
export interface ActiveCluster {
  readonly name: string;
  readonly config: ClusterConfig;
  readonly assignment: Assignment;
  readonly route: RouteConfig;
  /** Every endpoint of the assignment, in its order. */
  readonly endpoints: readonly EndpointState[];
  /** Those that a collapse took out of the assignment a moment ago, by id; called when nobody of it can be. */
  readonly standby: readonly EndpointState[];
  /** Collapses so far. */
  readonly collapses: number;
  readonly candidates: Candidates;
  /** Verdicts are too old to count, and there are some that would. */
  readonly verdictsExpired: boolean;
  /** Chooses among the candidates. */
  readonly picker: Picker;
  /** What its pickers remember, one after the other. */
  readonly memory: BalancerMemory;
}

/** Makes the picker of a cluster. Called for every change of what may be picked. */
export type NewPicker = (config: ClusterConfig, candidates: Candidates, memory: BalancerMemory) => Picker;

export interface ClusterParts {
  readonly config: ClusterConfig;
  readonly assignment: Assignment;
  /** Absent until the control plane sends one. */
  readonly route: RouteConfig | undefined;
  readonly verdictsExpired: boolean;
}

/** Until a route is known: the timeout of the xDS schema and no retries, as a RouteConfiguration that says nothing would mean. */
const DEFAULT_TIMEOUT_MS = 15_000;

export interface ActivateDeps {
  readonly newPicker: NewPicker;
  readonly moment: Moment;
}

/** The cluster of these parts; `previous` itself when they are the same, and its endpoint states wherever they still apply. */
export function activate(parts: ClusterParts, previous: ActiveCluster | undefined, { newPicker, moment }: ActivateDeps): ActiveCluster {
  const { config, assignment } = parts;
  const verdictsExpired = parts.verdictsExpired && assignment.endpoints.some((endpoint) => endpoint.health === "unhealthy");
  const standby = standbyAfter(previous, assignment, moment.nowMs);
  const samePick =
    previous !== undefined &&
    previous.config === config &&
    previous.assignment === assignment &&
    previous.standby === standby &&
    previous.verdictsExpired === verdictsExpired;
  const route = parts.route ?? (previous?.route.version === "" ? previous.route : defaultRoute(config.name));
  if (samePick) return previous.route === route ? previous : { ...previous, route };
  const endpoints = statesOf(parts, previous, moment);
  const candidates = candidatesOf(endpoints, { config, assignment, verdictsExpired, standby });
  const memory = previous?.memory ?? new BalancerMemory();
  const picker = newPicker(config, candidates, memory);
  const stoodBy = new Set(previous?.standby);
  const hasCollapsed = standby.some((state) => !stoodBy.has(state));
  const collapses = (previous?.collapses ?? 0) + (hasCollapsed ? 1 : 0);
  return { name: config.name, config, assignment, route, endpoints, standby, collapses, candidates, verdictsExpired, picker, memory };
}

function defaultRoute(name: string): RouteConfig {
  const byDefault = { timeoutMs: DEFAULT_TIMEOUT_MS, perTryTimeoutMs: 0, retryAttempts: 0, hedgePercent: 0, hashOn: [] };
  return { name, version: "", cluster: name, ...byDefault };
}

/** By identity, not by position (invariant 11): what was learnt stays with the endpoint it was learnt of. */
function statesOf({ assignment, config }: ClusterParts, previous: ActiveCluster | undefined, moment: Moment): readonly EndpointState[] {
  if (previous?.assignment === assignment) return previous.endpoints;
  const known = new Map([...(previous?.standby ?? []), ...(previous?.endpoints ?? [])].map((state) => [state.endpoint.id, state]));
  const { slowStart } = config;
  return assignment.endpoints.map((endpoint) => {
    const existing = known.get(endpoint.id);
    const stays = existing !== undefined && !isAnotherInstance(existing.endpoint.instance, endpoint.instance);
    const before = stays ? existing.endpoint : undefined;
    const state = stays ? existing : new EndpointState(endpoint);
    state.endpoint = endpoint;
    state.standbyUntilMs = 0;
    welcome(state, { before, isKnownService: known.size > 0, slowStart }, moment);
    return state;
  });
}

/** Only two instances that are both known tell a restart; a source that begins or ceases to name them does not. */
export function isAnotherInstance(before: string | undefined, now: string | undefined): boolean {
  return before !== undefined && now !== undefined && before !== now;
}
