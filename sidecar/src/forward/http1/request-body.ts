// A request's body on its way: how far it was read, and to whom it goes.

import type { LimitName } from "../limits.js";
import { BODY, BodyReader } from "./body-reader.js";
import { putChunk, putLastChunk } from "./chunks.js";
import type { Inbox } from "./inbox.js";
import type { HeadFault, RequestHead } from "./request-head.js";
import type { Wire } from "./wire.js";

/** How much of the body there was. `fault`: it is not what it has to be, and `RequestBody.fault` says why. */
export type Progress = "more" | "done" | "fault";

export class RequestBody {
  readonly #reader = new BodyReader();
  #chunked = false;
  #isDone = true;
  #maxBytes = Number.POSITIVE_INFINITY;

  /** @param maxBytes longer ones are a fault; `isTooLong` says it at once where the length is said */
  begin(head: RequestHead, maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#chunked = head.chunked;
    if (head.chunked) this.#reader.beginChunked();
    else this.#reader.beginLength(head.length);
    this.#isDone = this.#reader.isDone;
  }

  /** There is none, and none came. */
  forget(): void {
    this.#reader.beginLength(0);
  }

  /** All of it was taken over, or there is none. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** What can be told of the bytes that are still to come. */
  get left(): number {
    return this.#isDone ? 0 : this.#reader.left;
  }

  /** Payload that came so far. */
  get bytes(): number {
    return this.#reader.total;
  }

  get isTooLong(): boolean {
    return this.bytes > this.#maxBytes || (Number.isFinite(this.left) && this.bytes + this.left > this.#maxBytes);
  }

  get limit(): LimitName | undefined {
    return this.isTooLong ? "body-bytes" : this.#reader.limit;
  }

  get fault(): HeadFault {
    if (!this.isTooLong) return { reason: "bad-request", detail: `Refused: ${this.#reader.fault}.` };
    return { reason: "content-too-large", detail: `The body is longer than ${this.#maxBytes} bytes, this sidecar's limit.` };
  }

  /** The request was refused: whatever comes is none of its body. */
  giveUp(): void {
    this.#isDone = false;
  }

  /** Sends on what came. Its memory is in use until the wire is flushed. */
  forward(inbox: Inbox, wire: Wire): Progress {
    wire.cork();
    let found = this.#next(inbox);
    for (; found === BODY.span; found = this.#next(inbox)) {
      const payload = inbox.bytes.subarray(this.#reader.start, this.#reader.end);
      if (this.#chunked) putChunk(wire, payload);
      else wire.write(payload);
    }
    if (found === BODY.done && this.#chunked) putLastChunk(wire, this.#reader.trailers);
    wire.uncork();
    return this.#progress(found);
  }

  /** Reads what came and drops it. */
  drop(inbox: Inbox): Progress {
    let found = this.#next(inbox);
    while (found === BODY.span) found = this.#next(inbox);
    return this.#progress(found);
  }

  #next(inbox: Inbox): number {
    const found = this.#reader.next(inbox.bytes, inbox.position, inbox.end);
    inbox.position = this.#reader.position;
    return found;
  }

  #progress(found: number): Progress {
    this.#isDone = found === BODY.done;
    if (this.#reader.total > this.#maxBytes) return "fault";
    if (this.#isDone) return "done";
    return found === BODY.fault ? "fault" : "more";
  }
}
