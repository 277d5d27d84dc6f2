// A collapse is accepted when its clock has run out and three complete readings agree: the one that said so, and two more
// that are asked for meanwhile. A reading that differs or fails needs no count: it changes who is missing, or stops the clock.

/** A source gives an operation no longer than this; the last reading is asked for as much before the clock's end. */
const READ_MS = 10_000;

export class ShrinkReadings {
  #sinceMs: number | undefined;
  #asked = 0;

  /** Readings that said so and those asked for since; 0 when nothing collapsed. */
  get readings(): number {
    return this.#sinceMs === undefined ? 0 : 1 + this.#asked;
  }

  /** Whether to ask the sources again now. Any time as long as the shrink clock has two such moments in it. */
  isDue(collapsing: boolean, nowMs: number, shrinkMs: number): boolean {
    if (!collapsing) {
      this.#sinceMs = undefined;
      this.#asked = 0;
      return false;
    }
    this.#sinceMs ??= nowMs;
    const everyMs = Math.max(READ_MS, shrinkMs / 2 - READ_MS);
    if (nowMs - this.#sinceMs < (this.#asked + 1) * everyMs) return false;
    this.#asked++;
    return true;
  }
}
