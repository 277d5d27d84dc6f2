import { below, type Rng } from "@fairlead/shared";
import type { EndpointState } from "../endpoint/index.js";
import { effectiveWeight } from "./candidates.js";

/** How old the weights of ramping endpoints may be: a ramp of ten seconds has then moved by a hundredth. */
const RAMP_STEP_MS = 100;

/**
 * Draws candidates by weight, ramps included: the weights of those that do not ramp are added up once, those of the few
 * that do again every `RAMP_STEP_MS`. O(1) where all weigh the same and nobody ramps, else O(log candidates).
 */
export class WeightedDraw {
  readonly #rng: Rng;
  readonly #steady: readonly EndpointState[];
  readonly #ramping: readonly EndpointState[];
  /** Running totals; of the steady ones undefined where all weigh the same. */
  readonly #steadyUpTo: Float64Array | undefined;
  readonly #rampingUpTo: Float64Array;
  readonly #steadyTotal: number;
  #total: number;
  #staleAtMs = Number.NEGATIVE_INFINITY;

  /** @param candidates sorted, each of some weight */
  constructor(candidates: readonly EndpointState[], rng: Rng) {
    this.#rng = rng;
    // Without the time of day: whoever has a ramp counts as ramping, and weighs all of its weight when that is over.
    this.#ramping = candidates.filter((state) => state.rampEndMs > 0);
    this.#steady = this.#ramping.length === 0 ? candidates : candidates.filter((state) => state.rampEndMs === 0);
    this.#steadyUpTo = runningTotal(this.#steady);
    this.#steadyTotal = this.#steady.reduce((sum, state) => sum + state.endpoint.weight, 0);
    this.#rampingUpTo = new Float64Array(this.#ramping.length);
    this.#total = this.#steadyTotal;
  }

  draw(nowMs: number): EndpointState | undefined {
    if (this.#ramping.length === 0) return this.#drawSteady();
    if (nowMs >= this.#staleAtMs) this.#weighRamping(nowMs);
    const point = this.#rng.next() * this.#total;
    if (point < this.#steadyTotal) return this.#drawSteady();
    return this.#ramping[indexAt(this.#rampingUpTo, point - this.#steadyTotal)];
  }

  /** All weights as of about now. */
  total(nowMs: number): number {
    if (this.#ramping.length > 0 && nowMs >= this.#staleAtMs) this.#weighRamping(nowMs);
    return this.#total;
  }

  #drawSteady(): EndpointState | undefined {
    const upTo = this.#steadyUpTo;
    if (upTo === undefined) return this.#steady[below(this.#rng, this.#steady.length)];
    return this.#steady[indexAt(upTo, this.#rng.next() * this.#steadyTotal)];
  }

  #weighRamping(nowMs: number): void {
    let total = 0;
    for (let index = 0; index < this.#ramping.length; index++) {
      const state = this.#ramping[index];
      if (state !== undefined) total += effectiveWeight(state, nowMs);
      this.#rampingUpTo[index] = total;
    }
    this.#total = this.#steadyTotal + total;
    this.#staleAtMs = nowMs + RAMP_STEP_MS;
  }
}

function indexAt(upTo: Float64Array, point: number): number {
  let low = 0;
  let high = upTo.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((upTo[middle] ?? 0) > point) high = middle;
    else low = middle + 1;
  }
  return low;
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
