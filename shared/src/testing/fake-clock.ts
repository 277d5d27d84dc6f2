import type { Clock, Timer } from "../clock.js";

interface Pending {
  readonly atMs: number;
  readonly order: number;
  readonly task: () => void;
}

/** Time that moves when told. Due tasks run in order of time, then of scheduling; tasks they schedule run too if due. */
export class FakeClock implements Clock {
  #nowMs = 0;
  #order = 0;
  #pending: Pending[] = [];
  #wallStartMs: number;

  constructor(wallStartMs = 1_700_000_000_000) {
    this.#wallStartMs = wallStartMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#wallStartMs + this.#nowMs;
  }

  schedule(delayMs: number, task: () => void): Timer {
    const entry: Pending = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, task };
    this.#pending.push(entry);
    return {
      cancel: () => {
        this.#pending = this.#pending.filter((other) => other !== entry);
      },
    };
  }

  /** Moves time forward, running what falls due on the way. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#earliest();
      if (next === undefined || next.atMs > untilMs) break;
      this.#pending = this.#pending.filter((other) => other !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.task();
    }
    this.#nowMs = untilMs;
  }

  /** Sets the wall clock, as an operator or NTP does; nothing else moves. */
  setWall(byMs: number): void {
    this.#wallStartMs += byMs;
  }

  /** Tasks still to run; a test of a closed thing expects 0. */
  get pendingCount(): number {
    return this.#pending.length;
  }

  #earliest(): Pending | undefined {
    let best: Pending | undefined;
    for (const entry of this.#pending) {
      if (best === undefined || entry.atMs < best.atMs || (entry.atMs === best.atMs && entry.order < best.order)) best = entry;
    }
    return best;
  }
}
