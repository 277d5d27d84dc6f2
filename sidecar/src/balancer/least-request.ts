import { below, type Rng } from "@fairlead/shared";
import type { EndpointState } from "../endpoint/index.js";
import { mayPick, sortedCandidates } from "./candidates.js";
import { leaseOf } from "./endpoint-lease.js";
import type { Ejection, Pick, PickContext, Picker } from "./picker.js";

/** Up to this many candidates all are compared: with two of them a choice of two *is* a scan, with three it costs no more. */
const SCAN_UP_TO = 3;
/** Draws before giving up on luck and scanning: with half of the candidates out, 8 draws miss once in 256. */
const DRAWS = 8;

/**
 * Least request by the choice of two: one candidate is drawn by weight, then a distinct challenger, and the challenger
 * wins only if it carries less per weight. Between equals the draw decides, so shares follow the weights at any load;
 * comparing (inFlight + 1) / weight throughout would starve the lighter endpoints of a service that is mostly idle, where
 * every comparison is 1/weight against 1/weight. The two are distinct, so the worse of a pair is never picked by accident.
 * O(log candidates) per pick.
 */
export class LeastRequestPicker implements Picker {
  readonly #candidates: readonly EndpointState[];
  /** Running total of weights, for drawing by weight; undefined where all weigh the same. */
  readonly #upTo: Float64Array | undefined;
  readonly #rng: Rng;
  readonly #ejection: Ejection;

  constructor(endpoints: readonly EndpointState[], deps: { readonly rng: Rng; readonly ejection: Ejection }) {
    this.#candidates = sortedCandidates(endpoints);
    this.#upTo = runningTotal(this.#candidates);
    this.#rng = deps.rng;
    this.#ejection = deps.ejection;
  }

  pick(context: PickContext): Pick {
    const chosen = this.#choiceOfTwo(context) ?? this.#scan(context, false) ?? this.#scan(context, true);
    if (chosen === undefined) return { kind: "refused", reason: "no-endpoints" };
    return leaseOf(chosen, this.#ejection, context.nowMs);
  }

  #choiceOfTwo(context: PickContext): EndpointState | undefined {
    if (this.#candidates.length <= SCAN_UP_TO) return undefined;
    let first: EndpointState | undefined;
    for (let drawn = 0; drawn < DRAWS; drawn++) {
      const state = this.#draw();
      if (state === undefined || state === first || !mayPick(state, context, false, this.#ejection)) continue;
      if (first === undefined) first = state;
      else return load(state) < load(first) ? state : first;
    }
    return undefined;
  }

  /** Reservoir: the incumbent changes to an equal with the probability of its weight, to a less loaded one always. */
  #scan(context: PickContext, desperate: boolean): EndpointState | undefined {
    let best: EndpointState | undefined;
    let equals = 0;
    for (const state of this.#candidates) {
      if (!mayPick(state, context, desperate, this.#ejection)) continue;
      const weight = state.endpoint.weight;
      if (best === undefined || load(state) < load(best)) {
        best = state;
        equals = weight;
      } else if (load(state) === load(best)) {
        equals += weight;
        if (this.#rng.next() * equals < weight) best = state;
      }
    }
    return best;
  }

  #draw(): EndpointState | undefined {
    const upTo = this.#upTo;
    const count = this.#candidates.length;
    if (upTo === undefined) return this.#candidates[below(this.#rng, count)];
    const point = this.#rng.next() * (upTo[count - 1] ?? 0);
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((upTo[middle] ?? 0) > point) high = middle;
      else low = middle + 1;
    }
    return this.#candidates[low];
  }
}

function load(state: EndpointState): number {
  return state.inFlight / state.endpoint.weight;
}

function runningTotal(candidates: readonly EndpointState[]): Float64Array | undefined {
  const first = candidates[0]?.endpoint.weight;
  if (candidates.every((state) => state.endpoint.weight === first)) return undefined;
  const upTo = new Float64Array(candidates.length);
  let total = 0;
  candidates.forEach((state, index) => {
    total += state.endpoint.weight;
    upTo[index] = total;
  });
  return upTo;
}
