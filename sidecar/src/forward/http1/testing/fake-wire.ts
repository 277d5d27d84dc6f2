import type { Inbox } from "../inbox.js";
import type { Wire, WireEvents } from "../wire.js";

/** A connection that keeps what is written to it. With `stuck` nothing leaves until `flush`. */
export class FakeWire implements Wire {
  readonly #parts: Buffer[] = [];
  machine: (WireEvents & { readonly inbox: Inbox }) | undefined;
  stuck = false;
  paused = false;
  ended: "open" | "fin" | "closed" | "reset" = "open";
  #flushed = true;
  readonly #arriving: Buffer[] = [];
  #delivering = false;

  get isFlushed(): boolean {
    return this.#flushed;
  }

  /** What was written, one character per byte. */
  get heard(): string {
    return Buffer.concat(this.#parts).toString("latin1");
  }

  write(bytes: Uint8Array): void {
    if (this.ended !== "open") return;
    this.#parts.push(Buffer.from(bytes));
    if (this.stuck) this.#flushed = false;
  }

  cork(): void {}

  uncork(): void {}

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.#deliver();
  }

  end(): void {
    if (this.ended === "open") this.ended = "fin";
  }

  close(): void {
    this.ended = "closed";
  }

  reset(): void {
    this.ended = "reset";
  }

  /** What was written leaves. */
  flush(): void {
    this.#flushed = true;
    this.machine?.onFlushed();
  }

  /** Bytes come, as far as the machine reads. */
  say(bytes: string): void {
    this.#arriving.push(Buffer.from(bytes, "latin1"));
    this.#deliver();
  }

  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    while (!this.paused && this.machine !== undefined && this.ended !== "reset" && this.ended !== "closed") {
      const part = this.#arriving.shift();
      if (part === undefined) break;
      this.machine.inbox.own.set(part, this.machine.inbox.headroom);
      this.machine.onReceived(part.length);
    }
    this.#delivering = false;
  }
}
