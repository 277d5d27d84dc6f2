import type { Rng } from "@fairlead/shared";
import type { EndpointState } from "../endpoint/index.js";
import { mayPick, sortedCandidates } from "./candidates.js";
import { leaseOf } from "./endpoint-lease.js";
import type { Ejection, Pick, PickContext, Picker } from "./picker.js";

/**
 * Smooth weighted round robin, nginx's rule: every candidate earns its weight, the richest is picked and pays what all
 * earned together. Shares are exact and evenly interleaved. Credit lives in `EndpointState`, so a change of the set
 * costs nobody their place. O(candidates) per pick.
 */
export class RoundRobinPicker implements Picker {
  readonly #candidates: readonly EndpointState[];
  readonly #ejection: Ejection;

  constructor(endpoints: readonly EndpointState[], deps: { readonly rng: Rng; readonly ejection: Ejection }) {
    this.#candidates = sortedCandidates(endpoints);
    this.#ejection = deps.ejection;
    seedCredits(this.#candidates, deps.rng);
  }

  pick(context: PickContext): Pick {
    const chosen = this.#richest(context, false) ?? this.#richest(context, true);
    if (chosen === undefined) return { kind: "refused", reason: "no-endpoints" };
    return leaseOf(chosen, this.#ejection, context.nowMs);
  }

  #richest(context: PickContext, desperate: boolean): EndpointState | undefined {
    let best: EndpointState | undefined;
    let earned = 0;
    for (const state of this.#candidates) {
      if (!mayPick(state, context, desperate, this.#ejection)) continue;
      state.roundRobinCredit += state.endpoint.weight;
      earned += state.endpoint.weight;
      if (best === undefined || state.roundRobinCredit > best.roundRobinCredit) best = state;
    }
    if (best !== undefined) best.roundRobinCredit -= earned;
    return best;
  }
}

/**
 * A newcomer starts with the mean credit: its turn comes as if it had always been there, never at once and never all at
 * once with other newcomers and their callers. Where all are new the phase is random (a round of equal credits would send
 * the first request of every sidecar to the same endpoint); credits within one round's total keep a plain rotation exact.
 * Who comes back from a much larger set brings credit of that scale. It is cut to two rounds' total around the mean, which
 * credits of one set do not leave by themselves, so that the comeback is no flood: at most four turns too many.
 */
function seedCredits(candidates: readonly EndpointState[], rng: Rng): void {
  let sum = 0;
  let known = 0;
  let total = 0;
  for (const state of candidates) {
    total += state.endpoint.weight;
    if (Number.isNaN(state.roundRobinCredit)) continue;
    sum += state.roundRobinCredit;
    known++;
  }
  const mean = known > 0 ? sum / known : 0;
  for (const state of candidates) {
    if (!Number.isNaN(state.roundRobinCredit)) {
      state.roundRobinCredit = Math.min(mean + 2 * total, Math.max(mean - 2 * total, state.roundRobinCredit));
    } else {
      state.roundRobinCredit = known > 0 ? mean : rng.next() * total;
    }
  }
}
