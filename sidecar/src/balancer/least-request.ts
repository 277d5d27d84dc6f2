import type { EndpointState } from "../endpoint/index.js";
import { effectiveWeight } from "./candidates.js";
import type { Cost } from "./choice-of-two.js";

/** What is under way, per weight. */
export const requestsUnderWay: Cost = {
  of(state: EndpointState, nowMs: number): number {
    return state.inFlight / effectiveWeight(state, nowMs);
  },
};
