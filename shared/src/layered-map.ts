// An immutable map that is made from another one with a few entries different, at the cost of those few; so is finding the
// difference between the two.

/** Where the layer has grown to this much more than the root of the base's size, the next map is made flat: either cost is amortised. */
const LAYER_SLACK = 16;

export class LayeredMap<K, V> implements ReadonlyMap<K, V> {
  readonly #base: ReadonlyMap<K, V>;
  /** Goes before the base; `undefined` is not there. */
  readonly #layer: ReadonlyMap<K, V | undefined>;
  #size: number | undefined;

  constructor(base: ReadonlyMap<K, V> = new Map(), layer: ReadonlyMap<K, V | undefined> = new Map()) {
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
  with(changes: ReadonlyMap<K, V | undefined>): LayeredMap<K, V> {
    const real = [...changes].filter(([key, value]) => this.get(key) !== value);
    if (real.length === 0) return this;
    const layer = new Map(this.#layer);
    for (const [key, value] of real) layer.set(key, value);
    const next = new LayeredMap(this.#base, layer);
    return layer.size <= Math.sqrt(this.#base.size) + LAYER_SLACK ? next : new LayeredMap(new Map(next));
  }

  get(key: K): V | undefined {
    return this.#layer.has(key) ? this.#layer.get(key) : this.#base.get(key);
  }

  has(key: K): boolean {
    return this.#layer.has(key) ? this.#layer.get(key) !== undefined : this.#base.has(key);
  }

  forEach(callback: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this) callback(value, key, this);
  }

  /** In the order of the base, what is new after it. */
  *entries(): Generator<[K, V], undefined> {
    for (const entry of this.#base) {
      const value = this.#layer.has(entry[0]) ? this.#layer.get(entry[0]) : entry[1];
      if (value !== undefined) yield [entry[0], value];
    }
    for (const [key, value] of this.#layer) {
      if (value !== undefined && !this.#base.has(key)) yield [key, value];
    }
  }

  *keys(): Generator<K, undefined> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): Generator<V, undefined> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): Generator<[K, V], undefined> {
    return this.entries();
  }

  /** Keys under which two maps can differ: of a base or a layer that they share, none. */
  static *suspects<K>(one: ReadonlyMap<K, unknown>, other: ReadonlyMap<K, unknown>): Generator<K, undefined> {
    if (one === other) return;
    if (one instanceof LayeredMap && other instanceof LayeredMap) {
      yield* LayeredMap.suspects<K>(one.#base, other.#base);
      yield* LayeredMap.suspects<K>(one.#layer, other.#layer);
    } else {
      yield* one.keys();
      yield* other.keys();
    }
  }
}

/** Keys whose values differ, by reference. Of two layered maps of which one was made from the other it takes as long as they differ. */
export function changedKeys<K, V>(before: ReadonlyMap<K, V>, after: ReadonlyMap<K, V>): ReadonlySet<K> {
  const changed = new Set<K>();
  for (const key of LayeredMap.suspects(before, after)) if (before.get(key) !== after.get(key)) changed.add(key);
  return changed;
}
