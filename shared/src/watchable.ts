// The only way state moves between rooms: a value that is there now and says when it changes.
// Level-triggered: a slow watcher misses steps, never the latest.

import type { Closable } from "./closable.js";
import { LayeredMap } from "./layered-map.js";

export interface Watchable<T> {
  readonly value: T;
  /** Calls `watcher` with the current value at once, then after every change. */
  watch(watcher: (value: T) => void): Closable;
}

/** Many values by key. `changed` names the keys that differ since this watcher last looked; all of them at first. */
export interface Keyed<K, V> {
  readonly value: ReadonlyMap<K, V>;
  watch(watcher: (value: ReadonlyMap<K, V>, changed: ReadonlySet<K>) => void): Closable;
}

/**
 * A `Watchable` its owner can set. Setting the value it already has (`Object.is`) is no change. A watcher may set it again:
 * the others then hear the newest value, never an older one after it.
 */
export class Cell<T> implements Watchable<T> {
  #value: T;
  readonly #watchers = new Watchers<(value: T) => void>();

  constructor(initial: T) {
    this.#value = initial;
  }

  get value(): T {
    return this.#value;
  }

  set(next: T): void {
    if (Object.is(next, this.#value)) return;
    this.#value = next;
    this.#watchers.notify(() => (watcher) => watcher(this.#value));
  }

  watch(watcher: (value: T) => void): Closable {
    const closable = this.#watchers.add(watcher);
    watcher(this.#value);
    return closable;
  }
}

/** A `Keyed` its owner can update, at the cost of what changed. Values are compared by reference: an unchanged value keeps its reference. */
export class KeyedCell<K, V> implements Keyed<K, V> {
  #value = new LayeredMap<K, V>();
  #changed = new Set<K>();
  readonly #watchers = new Watchers<(value: ReadonlyMap<K, V>, changed: ReadonlySet<K>) => void>();

  get value(): ReadonlyMap<K, V> {
    return this.#value;
  }

  /** Applies puts and removals as one change; `undefined` removes. */
  update(entries: Iterable<readonly [K, V | undefined]>): void {
    const changes = new Map(entries);
    const before = this.#value;
    this.#value = before.with(changes);
    if (this.#value === before) return;
    for (const key of changes.keys()) if (before.get(key) !== this.#value.get(key)) this.#changed.add(key);
    this.#watchers.notify(() => {
      const changed = this.#changed;
      this.#changed = new Set();
      return (watcher) => watcher(this.#value, changed);
    });
  }

  /** Replaces everything: keys that are not in `next` are removed. */
  replace(next: ReadonlyMap<K, V>): void {
    const gone = [...this.#value.keys()].filter((key) => !next.has(key)).map((key) => [key, undefined] as const);
    this.update([...next, ...gone]);
  }

  watch(watcher: (value: ReadonlyMap<K, V>, changed: ReadonlySet<K>) => void): Closable {
    const closable = this.#watchers.add(watcher);
    watcher(this.#value, new Set(this.#value.keys()));
    return closable;
  }
}

/** Who watches one value, and the one pass that may tell them at a time. */
class Watchers<W> {
  readonly #all = new Set<W>();
  #notifying = false;
  #again = false;

  add(watcher: W): Closable {
    this.#all.add(watcher);
    return { close: () => void this.#all.delete(watcher) };
  }

  /**
   * Tells every watcher. A change made by a watcher waits for the pass to end and is told in the next one. Every watcher
   * hears even if another throws; what was thrown surfaces afterwards, as a bug should.
   * @param begin called before each pass, gives how to tell a watcher in it
   */
  notify(begin: () => (watcher: W) => void): void {
    this.#again = true;
    if (this.#notifying) return;
    this.#notifying = true;
    const thrown: unknown[] = [];
    while (this.#again) {
      this.#again = false;
      const tell = begin();
      for (const watcher of [...this.#all]) {
        try {
          if (this.#all.has(watcher)) tell(watcher);
        } catch (error) {
          thrown.push(error);
        }
      }
    }
    this.#notifying = false;
    if (thrown.length === 1) throw thrown[0];
    if (thrown.length > 1) throw new AggregateError(thrown, "several watchers threw");
  }
}
