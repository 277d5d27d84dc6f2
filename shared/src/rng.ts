/** Randomness, as an argument. */
export interface Rng {
  /** Uniform in [0, 1). */
  next(): number;
}

/** Uniform integer in [0, limit). */
export function below(rng: Rng, limit: number): number {
  return Math.floor(rng.next() * limit);
}

/** Deterministic generator for tests and simulation (mulberry32, public domain). */
export function seeded(seed: number): Rng {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    },
  };
}
