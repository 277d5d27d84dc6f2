import type { EndpointState } from "../endpoint/index.js";
import { effectiveWeight, mayPick, sortedCandidates } from "./candidates.js";
import type { Chooser, ChooserDeps } from "./chooser.js";
import type { PickContext } from "./picker.js";
import { WeightedDraw } from "./weighted-draw.js";

/** Draws before going through all: with half of the candidates out, 8 draws miss once in 256. */
const DRAWS = 8;

/** Any, by weight. */
export class RandomChooser implements Chooser {
  readonly #candidates: readonly EndpointState[];
  readonly #draw: WeightedDraw;
  readonly #deps: ChooserDeps;

  constructor(endpoints: readonly EndpointState[], deps: ChooserDeps) {
    this.#candidates = sortedCandidates(endpoints);
    this.#draw = new WeightedDraw(this.#candidates, deps.rng);
    this.#deps = deps;
  }

  choose(context: PickContext, desperate: boolean): EndpointState | undefined {
    const newcomer = this.#draw.newcomer(context.nowMs);
    if (newcomer !== undefined && mayPick(newcomer, context, desperate, this.#deps.ejection)) return newcomer;
    for (let drawn = 0; drawn < DRAWS; drawn++) {
      const state = this.#draw.draw();
      if (state !== undefined && mayPick(state, context, desperate, this.#deps.ejection)) return state;
    }
    return this.#anyOf(context, desperate);
  }

  #anyOf(context: PickContext, desperate: boolean): EndpointState | undefined {
    const { rng, ejection } = this.#deps;
    let chosen: EndpointState | undefined;
    let total = 0;
    for (const state of this.#candidates) {
      if (!mayPick(state, context, desperate, ejection)) continue;
      const weight = effectiveWeight(state, context.nowMs);
      total += weight;
      if (rng.next() * total < weight) chosen = state;
    }
    return chosen;
  }
}
