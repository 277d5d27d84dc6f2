import { below, type Rng } from "@fairlead/shared";
import type { EndpointState } from "../endpoint/index.js";
import { effectiveWeight } from "./candidates.js";

/** How old shares may be while somebody is new or ramps: a ramp of ten seconds has then moved by a hundredth. */
const STEP_MS = 100;
/** Multiples of it, without their whole part, are spread more evenly than chance over any stretch (the golden ratio's). */
const GOLDEN = 0.618_033_988_749_895;

/**
 * Draws candidates by weight. Who is established is drawn by chance. Newcomers get turns instead, as many as their (ramp's)
 * weight is of all: by chance, one that shall have ten requests of a thousand would now and then have sixteen. Where everybody is
 * new nobody is. O(1) where all weigh the same, else O(log candidates); going through all of them every `STEP_MS` while somebody is new.
 */
export class WeightedDraw {
  readonly #rng: Rng;
  readonly #candidates: readonly EndpointState[];
  #established: Drawable;
  #newcomers: Drawable;
  #staleAtMs = Number.NEGATIVE_INFINITY;
  /** Grows by the newcomers' share with every pick; one is a turn. Begins anywhere below one: pickers may be replaced more often than that. */
  #credit: number | undefined;
  #phase = 0;

  /** @param candidates sorted, each of some weight */
  constructor(candidates: readonly EndpointState[], rng: Rng) {
    this.#rng = rng;
    this.#candidates = candidates;
    this.#established = this.#newcomers = drawable([], 0);
  }

  /** To be called once for a pick: the newcomer whose turn it is, undefined when it is none's. */
  newcomer(nowMs: number): EndpointState | undefined {
    if (nowMs >= this.#staleAtMs) this.#refresh(nowMs);
    const { total, states } = this.#newcomers;
    if (states.length === 0) return undefined;
    const credit = (this.#credit ?? this.#rng.next()) + total / (total + this.#established.total);
    this.#credit = credit < 1 ? credit : credit - 1;
    if (credit < 1) return undefined;
    this.#phase = (this.#phase + GOLDEN) % 1;
    return at(this.#newcomers, this.#phase);
  }

  /** Of those that are established. After `newcomer`. */
  draw(): EndpointState | undefined {
    const { states, upTo } = this.#established;
    return upTo === undefined ? states[below(this.#rng, states.length)] : at(this.#established, this.#rng.next());
  }

  #refresh(nowMs: number): void {
    const newcomers = this.#candidates.filter((state) => state.isNewcomer(nowMs));
    const isAllNew = newcomers.length === this.#candidates.length;
    const established =
      newcomers.length === 0 || isAllNew ? this.#candidates : this.#candidates.filter((state) => !state.isNewcomer(nowMs));
    this.#established = drawable(established, nowMs);
    this.#newcomers = drawable(isAllNew ? [] : newcomers, nowMs);
    this.#staleAtMs = newcomers.length === 0 ? Number.POSITIVE_INFINITY : nowMs + STEP_MS;
  }
}

interface Drawable {
  readonly states: readonly EndpointState[];
  /** Running total of weights; undefined where all weigh the same. */
  readonly upTo: Float64Array | undefined;
  readonly total: number;
}

function drawable(states: readonly EndpointState[], nowMs: number): Drawable {
  const upTo = new Float64Array(states.length);
  let total = 0;
  let isEven = true;
  const first = states[0] === undefined ? 0 : effectiveWeight(states[0], nowMs);
  for (const [index, state] of states.entries()) {
    const weight = effectiveWeight(state, nowMs);
    isEven &&= weight === first;
    total += weight;
    upTo[index] = total;
  }
  return { states, upTo: isEven ? undefined : upTo, total };
}

/** @param point 0 to 1 of all weights */
function at({ states, upTo, total }: Drawable, point: number): EndpointState | undefined {
  if (upTo === undefined) return states[Math.floor(point * states.length)];
  let low = 0;
  let high = upTo.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((upTo[middle] ?? 0) > point * total) high = middle;
    else low = middle + 1;
  }
  return states[low];
}
