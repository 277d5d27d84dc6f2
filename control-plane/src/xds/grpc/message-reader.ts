// gRPC's messages on a stream of bytes: one byte that says whether the message is compressed, four for its length, the message
// (PROTOCOL-HTTP2, "Length-Prefixed-Message").

import { fail, ok, type Result } from "@fairlead/shared";
import { STATUS, type StreamStatus } from "../stream-machine.js";

export const HEAD_BYTES = 5;

/** The message made of these parts, as it travels. */
export function framed(...parts: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(
    parts.reduce((bytes, part) => bytes + part.length, 0),
    1,
  );
  return Buffer.concat([head, ...parts]);
}

/** Bytes go in as they come, whole messages come out when asked for: a reader that is not asked holds what it was given. */
export class MessageReader {
  readonly #maxBytes: number;
  /** What is not read yet is `#held` from `#start` to `#end`; nothing is held in between two messages. */
  #held: Buffer | undefined;
  #start = 0;
  #end = 0;
  /** Whether `#held` is a buffer of our own with room behind `#end`, and not the bytes as they came. */
  #isOurs = false;

  /** A message above `maxBytes` is refused before its bytes are waited for. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(bytes: Buffer): void {
    if (this.#held === undefined) {
      this.#held = bytes;
      this.#end = bytes.length;
      return;
    }
    const waiting = this.#end - this.#start;
    if (!this.#isOurs || this.#held.length - this.#end < bytes.length) {
      // Twice what is needed: a message in crumbs is copied a few times, not once per crumb, and crumbs are not kept one by one.
      const roomier = Buffer.allocUnsafeSlow(2 * (waiting + bytes.length));
      this.#held.copy(roomier, 0, this.#start, this.#end);
      this.#held = roomier;
      this.#start = 0;
      this.#end = waiting;
      this.#isOurs = true;
    }
    bytes.copy(this.#held, this.#end);
    this.#end += bytes.length;
  }

  /** The next message, or why what comes is none; undefined where it is not whole yet. */
  next(): Result<Buffer, StreamStatus> | undefined {
    const held = this.#held;
    const waiting = this.#end - this.#start;
    if (held === undefined || waiting < HEAD_BYTES) return undefined;
    if (held[this.#start] !== 0) return fail({ code: STATUS.internal, details: "a compressed message on a stream without grpc-encoding" });
    const length = held.readUInt32BE(this.#start + 1);
    if (length > this.#maxBytes) {
      return fail({ code: STATUS.resourceExhausted, details: `Received message larger than max (${length} vs. ${this.#maxBytes})` });
    }
    if (waiting < HEAD_BYTES + length) return undefined;
    const from = this.#start + HEAD_BYTES;
    this.#start = from + length;
    if (this.#start === this.#end) this.#forget();
    return ok(held.subarray(from, from + length));
  }

  #forget(): void {
    this.#held = undefined;
    this.#isOurs = false;
    this.#start = 0;
    this.#end = 0;
  }
}
