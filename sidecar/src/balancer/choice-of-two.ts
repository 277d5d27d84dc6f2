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
 * A newcomer has nothing under way because it is new. Against others its count is therefore no advantage: it keeps what it
 * drew unless it costs more, and displaces nobody, so that it gets its weight's share (while it ramps, its ramp's) and no flood.
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
    if (!desperate && this.#choices !== Number.POSITIVE_INFINITY) {
      const chosen = this.#compareDrawn(context);
      if (chosen !== undefined) return chosen;
    }
    return this.#scan(context, desperate);
  }

  #compareDrawn(context: PickContext): EndpointState | undefined {
    const { ejection } = this.#deps;
    let best: EndpointState | undefined;
    let first: EndpointState | undefined;
    let compared = 0;
    for (let drawn = 0; drawn < DRAWS + this.#choices; drawn++) {
      const state = this.#draw.draw(context.nowMs);
      if (state === undefined || state === first || state === best || !mayPick(state, context, false, ejection)) continue;
      if (best === undefined) {
        best = state;
        first = state;
      } else if (this.#beats(state, best, context.nowMs)) best = state;
      if (++compared === this.#choices) return best;
    }
    return undefined;
  }

  #beats(challenger: EndpointState, incumbent: EndpointState, nowMs: number): boolean {
    if (challenger.isNewcomer(nowMs) && !incumbent.isNewcomer(nowMs)) return false;
    return this.#cost.of(challenger, nowMs) < this.#cost.of(incumbent, nowMs);
  }

  /** All of them: the cheapest of those that are not new, unless a newcomer's turn has come by weight and it costs no more. */
  #scan(context: PickContext, desperate: boolean): EndpointState | undefined {
    const known = this.#cheapest(context, desperate, false);
    const newcomer = this.#cheapest(context, desperate, true);
    if (known === undefined || newcomer === undefined) return (known ?? newcomer)?.state;
    const isItsTurn = this.#deps.rng.next() * (known.weight + newcomer.weight) < newcomer.weight;
    return isItsTurn && newcomer.cost <= known.cost ? newcomer.state : known.state;
  }

  /** Reservoir: the incumbent changes to an equal with the probability of its weight, to a cheaper one always. */
  #cheapest(context: PickContext, desperate: boolean, newcomers: boolean) {
    const { rng, ejection } = this.#deps;
    const { nowMs } = context;
    let state: EndpointState | undefined;
    let cost = 0;
    let equals = 0;
    let total = 0;
    for (const each of this.#candidates) {
      if (each.isNewcomer(nowMs) !== newcomers || !mayPick(each, context, desperate, ejection)) continue;
      const weight = effectiveWeight(each, nowMs);
      const costs = this.#cost.of(each, nowMs);
      total += weight;
      if (state === undefined || costs < cost) {
        state = each;
        cost = costs;
        equals = weight;
      } else if (costs === cost) {
        equals += weight;
        if (rng.next() * equals < weight) state = each;
      }
    }
    return state === undefined ? undefined : { state, cost, weight: total };
  }
}
