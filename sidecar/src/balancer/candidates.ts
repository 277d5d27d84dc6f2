import type { EndpointId } from "@fairlead/shared";
import type { EndpointState } from "../endpoint/index.js";
import type { Ejection, PickContext } from "./picker.js";

/** Candidates in the order of their ids, whatever order they came in. Those of weight 0 drain: they are none. */
export function sortedCandidates(endpoints: readonly EndpointState[]): readonly EndpointState[] {
  return endpoints.filter((state) => state.endpoint.weight > 0).sort((a, b) => compareIds(a.endpoint.id, b.endpoint.id));
}

/** Whether `state` may be picked; `desperate` ignores ejection because nobody else is left. */
export function mayPick(state: EndpointState, context: PickContext, desperate: boolean, ejection: Ejection): boolean {
  if (context.exclude.length > 0 && context.exclude.includes(state.endpoint.id)) return false;
  return desperate || !ejection.passesOver(state, context.nowMs);
}

/** By code unit: the same on every machine, unlike a locale's order. */
function compareIds(a: EndpointId, b: EndpointId): number {
  if (a < b) return -1;
  return a > b ? 1 : 0;
}
