// An immutable map that is made from another one with a few entries different, at the cost of those few.

/** Where the layer has grown to this much more than the root of the base's size, the next map is made flat: either cost is amortised. */
const LAYER_SLACK = 16;

export class LayeredMap<V> implements ReadonlyMap<string, V> {
  readonly #base: ReadonlyMap<string, V>;
  /** Goes before the base; `undefined` is not there. */
  readonly #layer: ReadonlyMap<string, V | undefined>;
  #size: number | undefined;

  constructor(base: ReadonlyMap<string, V>, layer: ReadonlyMap<string, V | undefined> = new Map()) {
    this.#base = base;
    this.#layer = layer;
  }

  get size(): number {
    this.#size ??= [...this.#layer].reduce(
      (size, [key, value]) => size + Number(value !== undefined) - Number(this.#base.has(key)),
      this.#base.size,
    );
    return this.#size;
  }

  /** This map with other values under these keys, `undefined` for none; this one where that makes no difference. */
  with(changes: ReadonlyMap<string, V | undefined>): LayeredMap<V> {
    const real = [...changes].filter(([key, value]) => this.get(key) !== value);
    if (real.length === 0) return this;
    const layer = new Map([...this.#layer, ...real]);
    const next = new LayeredMap(this.#base, layer);
    return layer.size <= Math.sqrt(this.#base.size) + LAYER_SLACK ? next : new LayeredMap(new Map(next));
  }

  get(key: string): V | undefined {
    return this.#layer.has(key) ? this.#layer.get(key) : this.#base.get(key);
  }

  has(key: string): boolean {
    return this.#layer.has(key) ? this.#layer.get(key) !== undefined : this.#base.has(key);
  }

  forEach(callback: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this) callback(value, key, this);
  }

  /** In the order of the base, what is new after it. */
  *entries(): Generator<[string, V], undefined> {
    for (const entry of this.#base) {
      const value = this.#layer.has(entry[0]) ? this.#layer.get(entry[0]) : entry[1];
      if (value !== undefined) yield [entry[0], value];
    }
    for (const [key, value] of this.#layer) {
      if (value !== undefined && !this.#base.has(key)) yield [key, value];
    }
  }

  *keys(): Generator<string, undefined> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): Generator<V, undefined> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): Generator<[string, V], undefined> {
    return this.entries();
  }
}
