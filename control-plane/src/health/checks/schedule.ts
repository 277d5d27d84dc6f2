// When the next probe of an endpoint leaves.

import { contentHash, type EndpointId, type Rng, type ServiceName } from "@fairlead/shared";
import type { CheckTiming } from "../../config/index.js";
import type { CheckState } from "./rise-fall.js";

/** Soon enough to be out within a second of the first refusal, late enough for a listener that is just being reopened. */
export const CONFIRM_REFUSAL_MS = 100;
/**
 * Up to a fifth early, never late: targets drift apart (±10 % around nine tenths of the interval), and the promise "out
 * after `fall` checks" keeps its bound.
 */
const EARLY_SHARE = 0.2;
/** Earliest second probe of a new endpoint, as a share of the interval: two in a row would tell nothing new. */
const MIN_PHASE = 0.1;

/** Milliseconds from the start of the probe that led to `state` to the start of the next. */
export function nextProbeInMs(state: CheckState, timing: CheckTiming, rng: Rng): number {
  if (state.refusedOnce) return CONFIRM_REFUSAL_MS;
  if (state.health.disagreeing > 0) return timing.fastIntervalMs;
  return timing.intervalMs * (1 - EARLY_SHARE * rng.next());
}

/**
 * The place of an endpoint within its interval, in (0, 1]: endpoints that appear at one moment are probed at once, and
 * from then on spread over the interval. The same on every start, so that a restart of this process is no burst.
 */
export function phaseOf(service: ServiceName, endpoint: EndpointId): number {
  const spread = Number.parseInt(contentHash(`${service} ${endpoint}`).slice(0, 8), 16) / 0x1_0000_0000;
  return MIN_PHASE + (1 - MIN_PHASE) * spread;
}
