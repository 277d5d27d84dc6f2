import type { Picker } from "../balancer/index.js";
import { type Assignment, type ClusterConfig, EndpointState, type RouteConfig } from "../endpoint/index.js";
import { type Candidates, candidatesOf } from "./candidates.js";

/** What a service is now: everything a request needs, behind one reference. Immutable but for what `EndpointState` learns. */
export interface ActiveCluster {
  readonly name: string;
  readonly config: ClusterConfig;
  readonly assignment: Assignment;
  readonly route: RouteConfig;
  /** Every endpoint of the assignment, in its order. */
  readonly endpoints: readonly EndpointState[];
  readonly candidates: Candidates;
  /** Verdicts are too old to count, and there are some that would. */
  readonly verdictsExpired: boolean;
  /** Chooses among the candidates. */
  readonly picker: Picker;
}

/** Makes the picker of a cluster. Called for every change of what may be picked. */
export type NewPicker = (config: ClusterConfig, candidates: readonly EndpointState[]) => Picker;

export interface ClusterParts {
  readonly config: ClusterConfig;
  readonly assignment: Assignment;
  /** Absent until the control plane sends one. */
  readonly route: RouteConfig | undefined;
  readonly verdictsExpired: boolean;
}

/** Until a route is known: the timeout of the xDS schema and no retries, as a RouteConfiguration that says nothing would mean. */
const DEFAULT_TIMEOUT_MS = 15_000;

/** The cluster of these parts; `previous` itself when they are the same, and its endpoint states wherever they still apply. */
export function activate(parts: ClusterParts, previous: ActiveCluster | undefined, newPicker: NewPicker): ActiveCluster {
  const { config, assignment } = parts;
  const verdictsExpired = parts.verdictsExpired && assignment.endpoints.some((endpoint) => endpoint.health === "unhealthy");
  const samePick =
    previous !== undefined &&
    previous.config === config &&
    previous.assignment === assignment &&
    previous.verdictsExpired === verdictsExpired;
  const route = parts.route ?? (previous?.route.version === "" ? previous.route : defaultRoute(config.name));
  if (samePick) return previous.route === route ? previous : { ...previous, route };
  const endpoints = statesOf(assignment, previous);
  const candidates = candidatesOf(endpoints, config.panicPercent, verdictsExpired);
  const picker = newPicker(config, candidates.endpoints);
  return { name: config.name, config, assignment, route, endpoints, candidates, verdictsExpired, picker };
}

function defaultRoute(name: string): RouteConfig {
  return { name, version: "", cluster: name, timeoutMs: DEFAULT_TIMEOUT_MS, retryAttempts: 0 };
}

/** By identity, not by position (invariant 11): what was learnt stays with the endpoint it was learnt of. */
function statesOf(assignment: Assignment, previous: ActiveCluster | undefined): readonly EndpointState[] {
  if (previous?.assignment === assignment) return previous.endpoints;
  const known = new Map((previous?.endpoints ?? []).map((state) => [state.endpoint.id, state]));
  return assignment.endpoints.map((endpoint) => {
    const state = known.get(endpoint.id);
    if (state === undefined || isAnotherInstance(state.endpoint.instance, endpoint.instance)) return new EndpointState(endpoint);
    state.endpoint = endpoint;
    return state;
  });
}

/** Only two instances that are both known tell a restart; a source that begins or ceases to name them does not. */
function isAnotherInstance(before: string | undefined, now: string | undefined): boolean {
  return before !== undefined && now !== undefined && before !== now;
}
