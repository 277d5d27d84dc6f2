import type { EndpointState } from "../endpoint/index.js";
import { effectiveWeight, mayPick, sortedCandidates } from "./candidates.js";
import type { Chooser, ChooserDeps } from "./chooser.js";
import type { PickContext } from "./picker.js";
import { WeightedDraw } from "./weighted-draw.js";

/** Up to this many candidates all are compared: with two of them a choice of two *is* a scan, with three it costs no more. */
const SCAN_UP_TO = 3;
/** Draws before giving up on luck and scanning: with half of the candidates out, 8 draws miss once in 256. */
const DRAWS = 8;

/** What an endpoint costs a caller now; compared with those of others of the set, less is better. */
export interface Cost {
  of(state: EndpointState, nowMs: number): number;
}

/**
 * The choice of two: one candidate is drawn by weight, then a distinct challenger, and the challenger wins only if it costs
 * less. Between equals the draw decides, so shares follow the weights at any load; comparing (inFlight + 1) / weight
 * throughout would starve the lighter endpoints of a service that is mostly idle, where every comparison is 1/weight against
 * 1/weight. The two are distinct, so the worse of a pair is never picked by accident.
 *
 * A newcomer has nothing under way because it is new. Against others its count is therefore no advantage: it is picked in its
 * turn, unless it costs more than who is compared with it, and displaces nobody, so that it gets its weight's share (while
 * it ramps, its ramp's) and no flood.
 * O(log candidates) per pick.
 */
export class ChoiceOfTwo implements Chooser {
  readonly #candidates: readonly EndpointState[];
  readonly #draw: WeightedDraw;
  readonly #cost: Cost;
  readonly #choices: number;
  readonly #deps: ChooserDeps;

  /** @param choices how many are compared, at least two; Infinity is all of them */
  constructor(endpoints: readonly EndpointState[], cost: Cost, choices: number, deps: ChooserDeps) {
    this.#candidates = sortedCandidates(endpoints);
    this.#draw = new WeightedDraw(this.#candidates, deps.rng);
    this.#cost = cost;
    this.#choices = this.#candidates.length <= SCAN_UP_TO ? Number.POSITIVE_INFINITY : choices;
    this.#deps = deps;
  }

  choose(context: PickContext, desperate: boolean): EndpointState | undefined {
    const { nowMs } = context;
    const turn = this.#draw.newcomer(nowMs);
    const newcomer = turn !== undefined && mayPick(turn, context, desperate, this.#deps.ejection) ? turn : undefined;
    if (!desperate && this.#choices !== Number.POSITIVE_INFINITY) {
      const chosen = this.#compareDrawn(context, newcomer);
      if (chosen !== undefined) return chosen;
    }
    const established = this.#cheapest(context, desperate, false);
    if (established === undefined) return newcomer ?? this.#cheapest(context, desperate, true);
    return newcomer !== undefined && this.#cost.of(newcomer, nowMs) <= this.#cost.of(established, nowMs) ? newcomer : established;
  }

  #compareDrawn(context: PickContext, newcomer: EndpointState | undefined): EndpointState | undefined {
    const { ejection } = this.#deps;
    let best = newcomer;
    let first = newcomer;
    let compared = newcomer === undefined ? 0 : 1;
    for (let drawn = 0; drawn < DRAWS + this.#choices; drawn++) {
      const state = this.#draw.draw();
      if (state === undefined || state === first || state === best || !mayPick(state, context, false, ejection)) continue;
      if (best === undefined) {
        best = state;
        first = state;
      } else if (this.#cost.of(state, context.nowMs) < this.#cost.of(best, context.nowMs)) best = state;
      if (++compared === this.#choices) return best;
    }
    return undefined;
  }

  /** Reservoir: the incumbent changes to an equal with the probability of its weight, to a cheaper one always. */
  #cheapest(context: PickContext, desperate: boolean, newcomers: boolean): EndpointState | undefined {
    const { rng, ejection } = this.#deps;
    const { nowMs } = context;
    let state: EndpointState | undefined;
    let cost = 0;
    let equals = 0;
    for (const each of this.#candidates) {
      if (each.isNewcomer(nowMs) !== newcomers || !mayPick(each, context, desperate, ejection)) continue;
      const weight = effectiveWeight(each, nowMs);
      const costs = this.#cost.of(each, nowMs);
      if (state === undefined || costs < cost) {
        state = each;
        cost = costs;
        equals = weight;
      } else if (costs === cost) {
        equals += weight;
        if (rng.next() * equals < weight) state = each;
      }
    }
    return state;
  }
}
