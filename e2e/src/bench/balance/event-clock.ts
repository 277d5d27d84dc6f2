import type { Clock, Timer } from "@fairlead/shared";

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly task: () => void;
}

/** A fake clock for hundreds of thousands of events: a heap, and time that goes from one to the next. Nothing is cancelled. */
export class EventClock implements Clock {
  readonly #heap: Event[] = [];
  #nowMs = 0;
  #order = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }

  schedule(delayMs: number, task: () => void): Timer {
    const event = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, task };
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const above = heap[(at - 1) >>> 1] as Event;
      if (!isBefore(event, above)) break;
      heap[at] = above;
      at = (at - 1) >>> 1;
    }
    heap[at] = event;
    return { cancel: () => undefined };
  }

  /** Runs everything up to `untilMs`. */
  runTo(untilMs: number): void {
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= untilMs; next = this.#heap[0]) {
      this.#removeFirst();
      this.#nowMs = next.atMs;
      next.task();
    }
    this.#nowMs = untilMs;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (let below = 1; below < heap.length; below = 2 * at + 1) {
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, heap[below] as Event)) below++;
      const child = heap[below] as Event;
      if (!isBefore(child, last)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
