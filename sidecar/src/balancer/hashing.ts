import type { EndpointState } from "../endpoint/index.js";
import { mayPick, sortedCandidates } from "./candidates.js";
import type { Chooser, ChooserDeps } from "./chooser.js";
import { nextHash } from "./hash.js";
import type { HashTable } from "./hash-table.js";
import type { PickContext } from "./picker.js";

/** Places looked at for a key before everybody is: with four of five full, 32 miss once in a thousand. */
const PLACES = 32;

export interface HashingSpec {
  /** Made when it is first asked for: a burst of changes makes one table. */
  readonly table: (candidates: readonly EndpointState[]) => HashTable;
  /** An endpoint has at most this percentage of its share of what is under way; undefined is no bound. */
  readonly balancePercent: number | undefined;
  /** For requests without a key. */
  readonly withoutKey: Chooser;
}

/**
 * The same key, the same endpoint, as long as it is there and has room. Bounded load (Mirrokni, Thorup and Zadimoghaddam, 2016):
 * where the key's own endpoint has more than its share, the key goes on to a place that follows from its hash, another for
 * every key, so that what overflows is spread over all and not poured on one neighbour.
 */
export class HashChooser implements Chooser {
  readonly #candidates: readonly EndpointState[];
  readonly #totalWeight: number;
  readonly #spec: HashingSpec;
  readonly #deps: ChooserDeps;
  #table: HashTable | undefined;

  constructor(endpoints: readonly EndpointState[], spec: HashingSpec, deps: ChooserDeps) {
    this.#candidates = sortedCandidates(endpoints);
    this.#totalWeight = this.#candidates.reduce((sum, { endpoint }) => sum + endpoint.weight, 0);
    this.#spec = spec;
    this.#deps = deps;
  }

  choose(context: PickContext, desperate: boolean): EndpointState | undefined {
    if (context.hash === undefined || this.#candidates.length === 0) return this.#spec.withoutKey.choose(context, desperate);
    this.#table ??= this.#spec.table(this.#candidates);
    let hash = context.hash;
    let fullest: EndpointState | undefined;
    for (let place = 0; place < PLACES; place++) {
      const state = this.#candidates[this.#table.at(hash)];
      hash = nextHash(hash);
      if (state === undefined || !mayPick(state, context, desperate, this.#deps.ejection)) continue;
      if (!this.#isFull(state)) return state;
      fullest ??= state;
    }
    return this.#leastFull(context, desperate) ?? fullest;
  }

  #isFull(state: EndpointState): boolean {
    const { balancePercent } = this.#spec;
    if (balancePercent === undefined) return false;
    // One division, of whole numbers: a share that comes out even is not rounded up to one more.
    const most = ((this.#deps.memory.inFlight + 1) * state.endpoint.weight * balancePercent) / (this.#totalWeight * 100);
    return state.inFlight + 1 > Math.ceil(most);
  }

  #leastFull(context: PickContext, desperate: boolean): EndpointState | undefined {
    let best: EndpointState | undefined;
    for (const state of this.#candidates) {
      if (!mayPick(state, context, desperate, this.#deps.ejection)) continue;
      if (best === undefined || state.inFlight / state.endpoint.weight < best.inFlight / best.endpoint.weight) best = state;
    }
    return best;
  }
}
