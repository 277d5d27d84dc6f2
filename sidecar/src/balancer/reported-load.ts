// What endpoints say of their own load (ORCA), and the weights that follow from it: gRFC A58, as Envoy's client_side_weighted_round_robin.

import type { EndpointState, ReportSettings } from "../endpoint/index.js";
import { effectiveWeight, sortedCandidates } from "./candidates.js";
import type { Chooser, ChooserDeps } from "./chooser.js";
import type { PickContext } from "./picker.js";
import { RoundRobinChooser } from "./round-robin.js";

/** Of one endpoint, as of now. */
export interface ReportedLoad {
  readonly requestsPerSecond: number;
  readonly errorsPerSecond: number;
  /** Of the application where it says so, else of its processors; 1 is all of it. */
  readonly utilization: number;
}

/** Remembered whatever the policy: the next one may want it. A report without requests or utilization says nothing. */
export function learnReport(state: EndpointState, load: ReportedLoad, nowMs: number): void {
  if (!(load.requestsPerSecond > 0 && load.utilization > 0)) return;
  if (Number.isNaN(state.reportedSinceMs)) state.reportedSinceMs = nowMs;
  state.reportedAtMs = nowMs;
  state.reportedRequests = load.requestsPerSecond;
  state.reportedErrors = Math.max(0, load.errorsPerSecond);
  state.reportedUtilization = load.utilization;
}

/**
 * Round robin by weights that follow from reports: who does more with less is given more, and errors count as work. An endpoint
 * without a report that counts has the mean of the others; where fewer than two have one, configured weights count.
 */
export class ReportedRoundRobin implements Chooser {
  readonly #candidates: readonly EndpointState[];
  readonly #settings: ReportSettings;
  readonly #turns: RoundRobinChooser;
  readonly #weights = new Map<EndpointState, number>();
  /** Of configured weights: those that follow from reports are on the same scale, so that due times fit. */
  readonly #mean: number;
  #staleAtMs = Number.NEGATIVE_INFINITY;

  constructor(endpoints: readonly EndpointState[], settings: ReportSettings, deps: ChooserDeps) {
    this.#candidates = sortedCandidates(endpoints);
    this.#settings = settings;
    this.#mean = this.#candidates.reduce((sum, { endpoint }) => sum + endpoint.weight, 0) / Math.max(1, this.#candidates.length);
    this.#turns = new RoundRobinChooser(this.#candidates, deps, (state, nowMs) =>
      this.#weights.size === 0 ? effectiveWeight(state, nowMs) : (this.#weights.get(state) ?? this.#mean) * state.rampShare(nowMs),
    );
  }

  choose(context: PickContext, desperate: boolean): EndpointState | undefined {
    if (context.nowMs >= this.#staleAtMs) this.#weigh(context.nowMs);
    return this.#turns.choose(context, desperate);
  }

  #weigh(nowMs: number): void {
    this.#staleAtMs = nowMs + this.#settings.updateMs;
    this.#weights.clear();
    let sum = 0;
    for (const state of this.#candidates) {
      const weight = reportedWeight(state, this.#settings, nowMs);
      if (weight === undefined) continue;
      this.#weights.set(state, weight);
      sum += weight;
    }
    const { size } = this.#weights;
    if (size < 2) this.#weights.clear();
    else for (const [state, weight] of this.#weights) this.#weights.set(state, (weight * size * this.#mean) / sum);
  }
}

function reportedWeight(
  state: EndpointState,
  { blackoutMs, expirationMs, errorPenalty }: ReportSettings,
  nowMs: number,
): number | undefined {
  if (Number.isNaN(state.reportedSinceMs)) return undefined;
  if (nowMs - state.reportedAtMs >= expirationMs) {
    // The next one begins anew, blackout included.
    state.reportedSinceMs = Number.NaN;
    return undefined;
  }
  if (nowMs - state.reportedSinceMs < blackoutMs) return undefined;
  const { reportedRequests: requests, reportedErrors: errors, reportedUtilization: utilization } = state;
  return requests / (utilization + (errors / requests) * errorPenalty);
}
