/** Counts of a histogram in plain numbers: `add` costs a hot path a few nanoseconds and allocates nothing. */
export class BucketCounts {
  readonly #bounds: readonly number[];
  /** One more than there are bounds: the last is what lies above them all. */
  readonly #counts: Float64Array;
  #sum = 0;

  /** `bounds` ascend; each includes itself. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  add(value: number): void {
    let index = 0;
    while (index < this.#bounds.length && value > (this.#bounds[index] ?? 0)) index += 1;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += value;
  }

  get sum(): number {
    return this.#sum;
  }

  /** As Prometheus wants them: of each bound the number of values up to it, and last all of them. */
  cumulative(): readonly number[] {
    let total = 0;
    return Array.from(this.#counts, (count) => {
      total += count;
      return total;
    });
  }
}
