import type { Clock, Rng } from "@fairlead/shared";

/** A hop within a data centre, and now and then a slow one. */
const DELAY_MS = { least: 1, most: 20 };

/** One direction of a connection: every message arrives, each a little later, in order; after `close` none does. */
export class OrderedPipe {
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #receive: (bytes: Buffer) => void;
  #lastAtMs = 0;
  #closed = false;

  constructor({ clock, rng }: { readonly clock: Clock; readonly rng: Rng }, receive: (bytes: Buffer) => void) {
    this.#clock = clock;
    this.#rng = rng;
    this.#receive = receive;
  }

  send(bytes: Buffer): void {
    if (this.#closed) return;
    const nowMs = this.#clock.nowMs();
    const delayMs = DELAY_MS.least + this.#rng.next() * (DELAY_MS.most - DELAY_MS.least);
    this.#lastAtMs = Math.max(this.#lastAtMs, nowMs + delayMs);
    this.#clock.schedule(this.#lastAtMs - nowMs, () => this.#closed || this.#receive(bytes));
  }

  close(): void {
    this.#closed = true;
  }
}
