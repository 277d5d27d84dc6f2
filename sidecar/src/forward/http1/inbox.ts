// The bytes that came and are not used up yet. One place to read from, whatever pieces they came in.

import { CR, LF } from "./octets.js";

/** Most messages fit, and the memory of a connection stays in the processor's caches. */
const LEAST_READ_BYTES = 2 * 1_024;
/** A message with its head. Each read costs a turn through Node and two system calls. */
const MOST_READ_BYTES = 128 * 1_024;
const GROWTH = 4;
/** So many in a row are no pause in the middle of bulk. */
const SMALL_READS = 64;

export class Inbox {
  /** Room before what is read, so that a new head can be put right before the body that follows it, and both leave in one write. */
  readonly headroom: number;
  /** Reads go here, behind the headroom. Another one after `grow`. */
  own: Buffer;
  /** Where the unused bytes lie: in `own`, or in a copy that joins several reads. */
  bytes: Buffer;
  position = 0;
  end = 0;
  readonly #mostBytes: number;
  #smallReads = 0;
  #view: Uint8Array | undefined;
  #viewed: Uint8Array | undefined;
  #viewStart = 0;
  #viewEnd = 0;

  /** @param mostBytes that one read may bring, where there is much to read */
  constructor(headroom: number, mostBytes = MOST_READ_BYTES) {
    this.headroom = headroom;
    this.#mostBytes = mostBytes;
    this.own = Buffer.allocUnsafeSlow(headroom + LEAST_READ_BYTES);
    this.bytes = this.own;
  }

  /** What lies from `start` to `end` in `bytes`. The same view as last time where those are the same: one answer is often like the next. */
  view(start: number, end: number): Uint8Array {
    if (this.#view === undefined || this.#viewed !== this.bytes || this.#viewStart !== start || this.#viewEnd !== end) {
      this.#view = this.bytes.subarray(start, end);
      this.#viewed = this.bytes;
      this.#viewStart = start;
      this.#viewEnd = end;
    }
    return this.#view;
  }

  get isEmpty(): boolean {
    return this.position === this.end;
  }

  /**
   * Reads that fill the place become larger ones. After many that the least place would have held the memory is given back: connections
   * stay open for hours. What lies in the old place stays there. @returns whether there is a new one
   */
  grow(filled: number): boolean {
    const room = this.own.length - this.headroom;
    this.#smallReads = filled < LEAST_READ_BYTES ? this.#smallReads + 1 : 0;
    if (filled === room && room < this.#mostBytes) return this.#resize(Math.min(this.#mostBytes, GROWTH * room));
    return room > LEAST_READ_BYTES && this.#smallReads >= SMALL_READS && this.#resize(LEAST_READ_BYTES);
  }

  /** `length` new bytes lie in `own`. What was there before was used up, or kept by `keep`. */
  receive(length: number): void {
    if (this.isEmpty) {
      this.bytes = this.own;
      this.position = this.headroom;
      this.end = this.headroom + length;
      return;
    }
    const kept = this.end - this.position;
    const joined = Buffer.allocUnsafeSlow(this.headroom + kept + length);
    this.bytes.copy(joined, this.headroom, this.position, this.end);
    this.own.copy(joined, this.headroom + kept, this.headroom, this.headroom + length);
    this.bytes = joined;
    this.position = this.headroom;
    this.end = this.headroom + kept + length;
  }

  /** More has to come before these bytes can be used: the next read will not overwrite them. */
  keep(): void {
    if (this.bytes !== this.own || this.isEmpty) return;
    const kept = Buffer.allocUnsafeSlow(this.headroom + this.end - this.position);
    this.bytes.copy(kept, this.headroom, this.position, this.end);
    this.end = this.headroom + this.end - this.position;
    this.position = this.headroom;
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

  #resize(room: number): true {
    this.own = Buffer.allocUnsafeSlow(this.headroom + room);
    return true;
  }
}
