// The bytes that came and are not used up yet. One place to read from, whatever pieces they came in.

import { CR, LF } from "./octets.js";

/** Room before what is read, so that a new head can be put right before the body that follows it, and both leave in one write. */
export const HEADROOM = 1_024;
/** What one read brings at most: little for most connections, whose memory then stays in the processor's caches, and more for bulk. */
export const FIRST_READ_BYTES = 8 * 1_024;
export const MOST_READ_BYTES = 64 * 1_024;

export class Inbox {
  /** Reads go here, behind the headroom. Another one after `grow`. */
  own: Buffer;
  /** Where the unused bytes lie: in `own`, or in a copy that joins several reads. */
  bytes: Buffer;
  position = 0;
  end = 0;

  constructor(readBytes = FIRST_READ_BYTES) {
    this.own = Buffer.allocUnsafeSlow(HEADROOM + readBytes);
    this.bytes = this.own;
  }

  get isEmpty(): boolean {
    return this.position === this.end;
  }

  /** Reads that fill the place become larger ones. What lies in the old place stays there. @returns whether there is a new one */
  grow(filled: number): boolean {
    if (filled < this.own.length - HEADROOM || filled >= MOST_READ_BYTES) return false;
    this.own = Buffer.allocUnsafeSlow(HEADROOM + MOST_READ_BYTES);
    return true;
  }

  /** `length` new bytes lie in `own`. What was there before was used up, or kept by `keep`. */
  receive(length: number): void {
    if (this.isEmpty) {
      this.bytes = this.own;
      this.position = HEADROOM;
      this.end = HEADROOM + length;
      return;
    }
    const kept = this.end - this.position;
    const joined = Buffer.allocUnsafeSlow(HEADROOM + kept + length);
    this.bytes.copy(joined, HEADROOM, this.position, this.end);
    this.own.copy(joined, HEADROOM + kept, HEADROOM, HEADROOM + length);
    this.bytes = joined;
    this.position = HEADROOM;
    this.end = HEADROOM + kept + length;
  }

  /** More has to come before these bytes can be used: the next read will not overwrite them. */
  keep(): void {
    if (this.bytes !== this.own || this.isEmpty) return;
    const kept = Buffer.allocUnsafeSlow(HEADROOM + this.end - this.position);
    this.bytes.copy(kept, HEADROOM, this.position, this.end);
    this.end = HEADROOM + this.end - this.position;
    this.position = HEADROOM;
    this.bytes = kept;
  }

  /** Before a request they are forgiven (RFC 9112 section 2.2), for as long as a head may take. False when that cannot be told yet. */
  skipEmptyLines(): boolean {
    for (; !this.isEmpty && this.bytes[this.position] === CR; this.position += 2) {
      if (this.end - this.position < 2) return false;
      if (this.bytes[this.position + 1] !== LF) return true;
    }
    return !this.isEmpty;
  }

  clear(): void {
    this.position = this.end;
  }
}
