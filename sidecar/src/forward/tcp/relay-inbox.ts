// Where the bytes of a relayed connection are read to: small while it says little, large while it is in bulk.

import { Inbox } from "../http1/inbox.js";

/** Most messages fit, and the memory of a connection stays in the processor's caches. */
const LEAST_READ_BYTES = 2 * 1_024;
/** Each read costs a turn through Node and two system calls; beyond this the copies cost more than they save. */
const MOST_READ_BYTES = 256 * 1_024;
const GROWTH = 4;
/** So many in a row are no pause in the middle of bulk. */
const SMALL_READS = 64;

/** Nothing is put before what is relayed: no headroom. */
export class RelayInbox extends Inbox {
  #smallReads = 0;

  constructor() {
    super(0);
  }

  /**
   * Reads that fill the place become larger ones. After many that the least place would have held the memory is given back: such
   * connections stay open for hours. What lies in the old place stays there. @returns whether there is a new one
   */
  override grow(filled: number): boolean {
    const room = this.own.length;
    this.#smallReads = filled < LEAST_READ_BYTES ? this.#smallReads + 1 : 0;
    if (filled === room && room < MOST_READ_BYTES) return this.#resize(Math.min(MOST_READ_BYTES, GROWTH * room));
    return room > LEAST_READ_BYTES && this.#smallReads >= SMALL_READS && this.#resize(LEAST_READ_BYTES);
  }

  #resize(bytes: number): boolean {
    this.own = Buffer.allocUnsafeSlow(bytes);
    return true;
  }
}
