/** Something that is due at a time; `place` belongs to the queue. */
export interface Due {
  dueMs: number;
  /** Where it stands in the queue; -1 when it does not. */
  place: number;
}

/** What is due first comes first. A binary heap: 10,000 names cost one timer, and a step costs some thirteen comparisons. */
export class DueQueue<T extends Due> {
  readonly #heap: T[] = [];

  get first(): T | undefined {
    return this.#heap[0];
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Puts it in, or moves it where its new time belongs. */
  put(item: T, dueMs: number): void {
    item.dueMs = dueMs;
    if (item.place < 0) {
      item.place = this.#heap.length;
      this.#heap.push(item);
    }
    this.#sink(this.#rise(item.place));
  }

  remove(item: T): void {
    const { place } = item;
    const last = this.#heap.at(-1);
    if (place < 0 || last === undefined) return;
    this.#heap.pop();
    item.place = -1;
    if (last === item) return;
    this.#set(place, last);
    this.#sink(this.#rise(place));
  }

  clear(): void {
    for (const item of this.#heap.splice(0)) item.place = -1;
  }

  #rise(from: number): number {
    let at = from;
    while (at > 0 && this.#isBefore(at, (at - 1) >> 1)) at = this.#swap(at, (at - 1) >> 1);
    return at;
  }

  #sink(from: number): void {
    for (let at = from; ; ) {
      const left = 2 * at + 1;
      const child = this.#isBefore(left + 1, left) ? left + 1 : left;
      if (!this.#isBefore(child, at)) return;
      at = this.#swap(at, child);
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [first, second] = [this.#heap[one], this.#heap[other]];
    return first !== undefined && second !== undefined && first.dueMs < second.dueMs;
  }

  #swap(one: number, other: number): number {
    const [first, second] = [this.#heap[one], this.#heap[other]];
    if (first !== undefined) this.#set(other, first);
    if (second !== undefined) this.#set(one, second);
    return other;
  }

  #set(place: number, item: T): void {
    this.#heap[place] = item;
    item.place = place;
  }
}
