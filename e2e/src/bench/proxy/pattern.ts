// Bytes of which each says where it belongs, so that what is lost, repeated, moved or changed on the way shows.

/** A prime: no loss of whole buffers is as long as this, or a multiple of it. */
const LENGTH = 250_007;

/** Sent again and again. */
export const BLOCK: Buffer = Buffer.from(
  Uint8Array.from({ length: LENGTH }, (_, index) => (Math.imul(index + 1, 2_654_435_761) >>> 24) & 255),
);
const TWICE = Buffer.concat([BLOCK, BLOCK]);

/** The pattern from its beginning, in whatever pieces it comes. */
export class PatternReader {
  #at = 0;

  /** @returns whether these are the next bytes of it */
  take(bytes: Buffer): boolean {
    for (let from = 0; from < bytes.length; from += LENGTH) {
      const end = Math.min(bytes.length, from + LENGTH);
      if (bytes.compare(TWICE, this.#at, this.#at + end - from, from, end) !== 0) return false;
      this.#at = (this.#at + end - from) % LENGTH;
    }
    return true;
  }
}
