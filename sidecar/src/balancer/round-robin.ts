import type { EndpointState } from "../endpoint/index.js";
import { effectiveWeight, mayPick, sortedCandidates } from "./candidates.js";
import type { Chooser, ChooserDeps } from "./chooser.js";
import type { PickContext } from "./picker.js";

/**
 * Smooth weighted round robin by due times: the turn is whose is due first, and the next one of it is due 1/weight later. At
 * any moment nobody is more than a turn from its exact share, and turns are evenly interleaved, as with nginx's running
 * credits, but a heap finds whose turn it is in O(log candidates) where they have to look at everybody. Due times live in
 * `EndpointState`, so a change of the set costs nobody their place, and those of a ramping endpoint follow its ramp.
 */
export class RoundRobinChooser implements Chooser {
  /** A heap: no entry is due before the one at half its place. Equals by id. */
  readonly #heap: EndpointState[];
  readonly #deps: ChooserDeps;
  readonly #weightOf: typeof effectiveWeight;
  /** Taken off the heap during one choice. */
  readonly #skipped: EndpointState[] = [];

  constructor(endpoints: readonly EndpointState[], deps: ChooserDeps, weightOf = effectiveWeight) {
    this.#deps = deps;
    this.#weightOf = weightOf;
    const candidates = sortedCandidates(endpoints);
    seedTurns(candidates, deps);
    this.#heap = [...candidates].sort((one, other) => (isBefore(one, other) ? -1 : 1));
  }

  choose(context: PickContext, desperate: boolean): EndpointState | undefined {
    const skipped = this.#skipped;
    let chosen: EndpointState | undefined;
    for (let next = this.#heap[0]; next !== undefined && chosen === undefined; next = this.#heap[0]) {
      if (mayPick(next, context, desperate, this.#deps.ejection)) chosen = next;
      else skipped.push(this.#removeFirst());
    }
    if (chosen !== undefined) {
      chosen.turnDue += 1 / this.#weightOf(chosen, context.nowMs);
      this.#sink(0, chosen);
    }
    // Who is passed over loses the turn, and does not come back to a row of them; whom this request excludes keeps it.
    for (const state of skipped) {
      if (!context.exclude.includes(state.endpoint.id)) state.turnDue += 1 / this.#weightOf(state, context.nowMs);
      this.#add(state);
    }
    skipped.length = 0;
    return chosen;
  }

  #removeFirst(): EndpointState {
    const heap = this.#heap;
    const first = heap[0] as EndpointState;
    const last = heap.pop() as EndpointState;
    if (heap.length > 0) this.#sink(0, last);
    return first;
  }

  #add(state: EndpointState): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >>> 1;
      const parent = heap[above] as EndpointState;
      if (!isBefore(state, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = state;
  }

  /** Puts `state` at `from` or as far below as it belongs. */
  #sink(from: number, state: EndpointState): void {
    const heap = this.#heap;
    const { length } = heap;
    let at = from;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= length) break;
      const right = below + 1;
      if (right < length && isBefore(heap[right] as EndpointState, heap[below] as EndpointState)) below = right;
      const child = heap[below] as EndpointState;
      if (!isBefore(child, state)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = state;
  }
}

function isBefore(one: EndpointState, other: EndpointState): boolean {
  return one.turnDue < other.turnDue || (one.turnDue === other.turnDue && one.endpoint.id < other.endpoint.id);
}

/**
 * A newcomer's first turn comes within a round of its own, after half of one at the earliest: never at once, and never with
 * other newcomers and their callers. Where all are new the phase is anywhere in the round (else the first request of every
 * sidecar would go to the same endpoint). Who comes back from another set brings its time: it is cut to within a round of the
 * slowest around the median, which turns of one set do not leave by themselves, so that the comeback is no flood.
 */
function seedTurns(candidates: readonly EndpointState[], { rng }: ChooserDeps): void {
  const known = candidates.map((state) => state.turnDue).filter((due) => !Number.isNaN(due));
  const middle = known.sort((one, other) => one - other)[known.length >>> 1] ?? 0;
  const round = candidates.reduce((longest, { endpoint }) => Math.max(longest, 1 / endpoint.weight), 0);
  for (const state of candidates) {
    const turn = 1 / state.endpoint.weight;
    if (!Number.isNaN(state.turnDue)) state.turnDue = Math.min(middle + 2 * round, Math.max(middle - round, state.turnDue));
    else state.turnDue = known.length > 0 ? middle + turn * (0.5 + rng.next() / 2) : turn * rng.next();
  }
}
