import { fail, ok, type Result } from "../result.js";

/** A quantile differs from the exact one by at most this share of it, between `LEAST_MS` and `MOST_MS`. */
export const SKETCH_ACCURACY = 0.05;
const GAMMA = (1 + SKETCH_ACCURACY) / (1 - SKETCH_ACCURACY);
const LOG_GAMMA = Math.log(GAMMA);
/** What took no longer counts as this long. */
const LEAST_MS = 0.1;
export const SKETCH_BUCKETS = 160;
/** Twelve minutes; what took longer counts as this long. */
const MOST_MS = LEAST_MS * GAMMA ** (SKETCH_BUCKETS - 2);
/** Says how latencies became buckets: sketches of different schemes cannot be merged. */
const SCHEME = `dd-${SKETCH_ACCURACY}-${LEAST_MS}ms-${SKETCH_BUCKETS}`;
/** What a full sketch with large counts takes, and some. */
const MOST_CHARACTERS = 4_096;
const MOST_COUNT = 2 ** 32;
const PAIR = /^(\d{1,3}):(\d{1,10})$/;

/**
 * Latencies as counts in buckets that grow by a constant factor (DDSketch; Masson, Rim and Lee, VLDB 2019): of a fixed size, and the sum of
 * two is the sketch of both. `add` allocates nothing.
 */
export class LatencySketch {
  /** Bucket 0 has what took `LEAST_MS` at most; bucket i what took at most `LEAST_MS` × γ^i; the last all that is above. */
  readonly #counts: Float64Array;

  private constructor(counts: Float64Array) {
    this.#counts = counts;
  }

  static empty(): LatencySketch {
    return new LatencySketch(new Float64Array(SKETCH_BUCKETS));
  }

  /** @returns what is wrong with it, for a person, where it was not made by `encode` of the same scheme */
  static decode(text: string): Result<LatencySketch> {
    if (text.length > MOST_CHARACTERS) return fail(`it has ${text.length} characters, ${MOST_CHARACTERS} are the most`);
    const [scheme, ...pairs] = text.split(" ");
    if (scheme !== SCHEME) return fail(`it is of scheme "${(scheme ?? "").slice(0, 32)}" instead of "${SCHEME}"`);
    const sketch = LatencySketch.empty();
    let last = -1;
    for (const pair of pairs) {
      const [, index, count] = (PAIR.exec(pair) ?? []).map(Number);
      if (index === undefined || count === undefined || index <= last || index >= SKETCH_BUCKETS || count > MOST_COUNT) {
        return fail(`"${pair.slice(0, 32)}" is no bucket and count that can follow bucket ${last}`);
      }
      sketch.#counts[index] = count;
      last = index;
    }
    return ok(sketch);
  }

  /** @param ms 0 or more */
  add(ms: number): void {
    const index = bucketOf(ms);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  /** Merges the other one into this, `times` (1; -1 takes away what was merged before). */
  merge(other: LatencySketch, times = 1): void {
    for (let index = 0; index < SKETCH_BUCKETS; index++) {
      this.#counts[index] = (this.#counts[index] ?? 0) + (other.#counts[index] ?? 0) * times;
    }
  }

  /** Every count becomes this share of itself: quantiles stay, and what is merged from then on weighs more. */
  fade(share: number): void {
    for (let index = 0; index < SKETCH_BUCKETS; index++) this.#counts[index] = (this.#counts[index] ?? 0) * share;
  }

  copy(): LatencySketch {
    return new LatencySketch(this.#counts.slice());
  }

  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /**
   * The latency in milliseconds that the share `q` (0 to 1) of all does not exceed; undefined where there is none. Above `MOST_MS` and
   * below `LEAST_MS` it is these.
   */
  quantile(q: number): number | undefined {
    const { count } = this;
    if (count === 0) return undefined;
    const rank = q * count;
    let passed = 0;
    let found = 0;
    for (let index = 0; index < SKETCH_BUCKETS; index++) {
      const here = this.#counts[index] ?? 0;
      if (here === 0) continue;
      passed += here;
      found = index;
      if (passed >= rank) break;
    }
    return latencyOf(found);
  }

  /** As text: the scheme, then `bucket:count` of each bucket that has any, ascending. */
  encode(): string {
    const pairs: string[] = [];
    this.#counts.forEach((count, index) => {
      if (count > 0) pairs.push(`${index}:${count}`);
    });
    return [SCHEME, ...pairs].join(" ");
  }
}

function bucketOf(ms: number): number {
  if (!(ms > LEAST_MS)) return 0;
  return Math.min(SKETCH_BUCKETS - 1, Math.ceil(Math.log(ms / LEAST_MS) / LOG_GAMMA));
}

/** The value that is equally far, in proportion, from both ends of the bucket. */
function latencyOf(bucket: number): number {
  if (bucket === 0) return LEAST_MS;
  if (bucket === SKETCH_BUCKETS - 1) return MOST_MS;
  return (2 * LEAST_MS * GAMMA ** bucket) / (GAMMA + 1);
}
