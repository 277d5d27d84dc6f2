// Peak EWMA of what an endpoint takes, with a penalty for errors: learnt at every release, whatever the policy.

import type { EndpointState } from "../endpoint/index.js";
import type { BalancerMemory } from "./balancer-memory.js";
import type { Cost } from "./choice-of-two.js";

/** Ten seconds are short enough to come back after a pause and long enough that a host is not judged by one quick answer. */
const DECAY_MS = 10_000;
/** What a failure counts as at least: far more than any answer somebody waits for, so that failing fast attracts nobody. */
const FAILURE_MS = 5_000;

/** Of the typical: what bad news fades to. At the typical itself it would lose to everybody for ever, where all take the same. */
const WORTH_A_TRY = 0.5;

/**
 * What a try there is expected to take. An endpoint nothing is known of is as good as the typical one: not the best, which would
 * draw everybody at once, nor the worst, which would never be tried. Bad news fades while nobody calls, so that an endpoint
 * that was slow or failed gets another try: after a failure in about a minute, with one request.
 */
export function expectedMs(state: EndpointState, memory: BalancerMemory, nowMs: number): number {
  const typicalMs = Number.isNaN(memory.typicalMs) ? 0 : memory.typicalMs;
  const { latencyMs } = state;
  if (Number.isNaN(latencyMs)) return typicalMs;
  if (latencyMs <= typicalMs) return latencyMs;
  const hopeMs = typicalMs * WORTH_A_TRY;
  return hopeMs + (latencyMs - hopeMs) * faded(state, nowMs);
}

/** A try that came to an end of which `failed` says what it was. Never makes a failing endpoint look better than it did. */
export function learnLatency(
  state: EndpointState,
  memory: BalancerMemory,
  tried: { tookMs: number; failed: boolean; nowMs: number },
): void {
  const { failed, nowMs } = tried;
  const tookMs = failed ? Math.max(FAILURE_MS, tried.tookMs) : tried.tookMs;
  const isPeak = Number.isNaN(state.latencyMs) || tookMs >= expectedMs(state, memory, nowMs);
  state.latencyMs = isPeak ? tookMs : tookMs + (state.latencyMs - tookMs) * faded(state, nowMs);
  state.latencyAtMs = nowMs;
  if (!failed) memory.succeeded(tookMs, nowMs);
}

/** A caller that went away waited at least so long: news only if that is longer than expected. */
export function learnAbandoned(state: EndpointState, memory: BalancerMemory, tried: { waitedMs: number; nowMs: number }): void {
  if (tried.waitedMs <= expectedMs(state, memory, tried.nowMs)) return;
  state.latencyMs = tried.waitedMs;
  state.latencyAtMs = tried.nowMs;
}

/** How long a request would wait there, with what is under way before it. */
export class ExpectedWait implements Cost {
  readonly #memory: BalancerMemory;
  readonly #meanWeight: number;

  constructor(candidates: readonly EndpointState[], memory: BalancerMemory) {
    this.#memory = memory;
    this.#meanWeight = candidates.reduce((sum, state) => sum + state.endpoint.weight, 0) / Math.max(1, candidates.length);
  }

  /** An idle endpoint costs its latency whatever its weight: the draw has looked at that. */
  of(state: EndpointState, nowMs: number): number {
    const before = (state.inFlight * this.#meanWeight) / (state.endpoint.weight * state.rampShare(nowMs));
    return expectedMs(state, this.#memory, nowMs) * (1 + before);
  }
}

function faded(state: EndpointState, nowMs: number): number {
  return Math.exp((state.latencyAtMs - nowMs) / DECAY_MS);
}
