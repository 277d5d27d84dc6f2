/** Buckets of a quarter of an octave from 1 ms: a bound is at most 19 % above what it stands for. The last, from 55 s, is open. */
const BUCKETS_PER_OCTAVE = 4;
const BUCKETS = 64;
/** After it a latency counts half, so that what was slow a minute ago decides nothing any more. */
const HALF_LIFE_MS = 10_000;
/** Of fewer latencies nobody can tell what one in twenty takes. */
const MIN_WEIGHT = 50;
/** Below it the noise of timers and of garbage collection would be taken for slow endpoints. */
const FLOOR_MS = 5;
const TAIL = 0.05;

/** What 95 % of a cluster's answers take no longer than, of the last seconds. 64 numbers, whatever the traffic. */
export class TailLatency {
  readonly #weights = new Float64Array(BUCKETS);
  #total = 0;
  #agedMs = 0;

  /** An answer's head has come. @param tookMs from the first try on, also where a second one overtook it: it took at least that */
  record(tookMs: number, nowMs: number): void {
    this.#age(nowMs);
    const octaves = tookMs > 1 ? Math.log2(tookMs) : 0;
    const at = Math.min(BUCKETS - 1, Math.ceil(octaves * BUCKETS_PER_OCTAVE));
    this.#weights[at] = (this.#weights[at] ?? 0) + 1;
    this.#total++;
  }

  /** In milliseconds, 5 at least. Undefined where too few answers have come lately, or too many took longer than can be told. */
  p95Ms(nowMs: number): number | undefined {
    this.#age(nowMs);
    if (this.#total < MIN_WEIGHT) return undefined;
    let at = BUCKETS - 1;
    for (let above = 0; at >= 0; at--) {
      above += this.#weights[at] ?? 0;
      if (above > this.#total * TAIL) break;
    }
    return at === BUCKETS - 1 ? undefined : Math.max(FLOOR_MS, 2 ** (at / BUCKETS_PER_OCTAVE));
  }

  #age(nowMs: number): void {
    const halvings = Math.floor((nowMs - this.#agedMs) / HALF_LIFE_MS);
    if (halvings <= 0) return;
    this.#agedMs += halvings * HALF_LIFE_MS;
    const factor = 0.5 ** halvings;
    this.#total = 0;
    for (let at = 0; at < BUCKETS; at++) this.#total += this.#weights[at] = (this.#weights[at] ?? 0) * factor;
  }
}
