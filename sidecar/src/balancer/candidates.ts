import type { EndpointId } from "@fairlead/shared";
import type { EndpointState } from "../endpoint/index.js";
import type { Ejection, PickContext } from "./picker.js";

/** Connections that may be in the making at once to an endpoint that has its full share; fewer while it ramps, one at least. */
const OPENING_AT_FULL_SHARE = 16;

/** Candidates in the order of their ids, whatever order they came in. Those of weight 0 drain: they are none. */
export function sortedCandidates(endpoints: readonly EndpointState[]): readonly EndpointState[] {
  return endpoints.filter((state) => state.endpoint.weight > 0).sort((a, b) => compareIds(a.endpoint.id, b.endpoint.id));
}

/** Whether `state` may be picked; `desperate` ignores ejection because nobody else is left. */
export function mayPick(state: EndpointState, context: PickContext, desperate: boolean, ejection: Ejection): boolean {
  if (context.exclude.length > 0 && context.exclude.includes(state.endpoint.id)) return false;
  if (desperate) return true;
  if (context.nowMs < state.rampEndMs && hasOpeningEnough(state, context.nowMs)) return false;
  return !ejection.passesOver(state, context.nowMs);
}

/** Weight as of now: a part of it while the endpoint ramps. */
export function effectiveWeight(state: EndpointState, nowMs: number): number {
  return state.endpoint.weight * state.rampShare(nowMs);
}

/** A cold endpoint has no connections yet: it gets them a few at a time, not all that a burst would ask for. */
function hasOpeningEnough(state: EndpointState, nowMs: number): boolean {
  return state.opening >= Math.max(1, Math.ceil(OPENING_AT_FULL_SHARE * state.rampShare(nowMs)));
}

/** By code unit: the same on every machine, unlike a locale's order. */
function compareIds(a: EndpointId, b: EndpointId): number {
  if (a < b) return -1;
  return a > b ? 1 : 0;
}
