/** Who waits for a place among the requests under way to one cluster: first come, first served. */
export class RequestQueue<T> {
  readonly #waiting: T[] = [];
  #isServing = false;

  get length(): number {
    return this.#waiting.length;
  }

  /** False when as many wait as may. */
  join(one: T, most: number): boolean {
    if (this.#waiting.length >= most) return false;
    this.#waiting.push(one);
    return true;
  }

  /** It waits no longer. */
  leave(one: T): void {
    const at = this.#waiting.indexOf(one);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /**
   * Gives places to those who wait, for as long as there are any. What follows from a turn may end requests and come here again:
   * that is left to the call that is under way.
   * @param hasPlace takes a place, or says that there is none
   */
  serve(hasPlace: () => boolean, turn: (one: T) => void): void {
    if (this.#isServing) return;
    this.#isServing = true;
    while (this.#waiting.length > 0 && hasPlace()) {
      const first = this.#waiting.shift();
      if (first !== undefined) turn(first);
    }
    this.#isServing = false;
  }
}
