import type { Clock, DurableStore } from "@fairlead/shared";

/**
 * One run of a simulated process: what it scheduled and what it was saving ends with it, as kill -9 ends it. Whoever is
 * told late (a promise that was on its way) finds a clock that runs nothing and a store that never answers.
 */
export class Lifetime {
  readonly beganMs: number;
  readonly clock: Clock;
  #isOver = false;

  constructor(clock: Clock) {
    this.beganMs = clock.nowMs();
    this.clock = {
      nowMs: () => clock.nowMs(),
      wallMs: () => clock.wallMs(),
      schedule: (delayMs, task) => clock.schedule(delayMs, () => this.#isOver || task()),
    };
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  end(): void {
    this.#isOver = true;
  }

  /** A disk that outlives this run. */
  store(disk: DurableStore): DurableStore {
    const never = () => new Promise<never>(() => undefined);
    return {
      load: () => (this.#isOver ? never() : disk.load()),
      save: (payload, savedAtMs) => (this.#isOver ? never() : disk.save(payload, savedAtMs)),
    };
  }
}
