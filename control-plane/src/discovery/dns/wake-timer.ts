import type { Clock, Timer } from "@fairlead/shared";

/** One timer for many times: runs `task` at the earliest that was asked for, which may become earlier. */
export class WakeTimer {
  readonly #clock: Clock;
  readonly #task: () => void;
  #pending: { readonly timer: Timer; readonly atMs: number } | undefined;

  constructor(clock: Clock, task: () => void) {
    this.#clock = clock;
    this.#task = task;
  }

  wakeAt(atMs: number): void {
    if (this.#pending !== undefined && this.#pending.atMs <= atMs) return;
    this.cancel();
    const timer = this.#clock.schedule(atMs - this.#clock.nowMs(), () => {
      this.#pending = undefined;
      this.#task();
    });
    this.#pending = { timer, atMs };
  }

  cancel(): void {
    this.#pending?.timer.cancel();
    this.#pending = undefined;
  }
}
