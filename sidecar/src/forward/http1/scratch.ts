// Where heads are written piece by piece: grown to the largest there was, and used again.

export const NOTHING = Buffer.alloc(0);
/** Field lines that heads have in both directions. */
export const CHUNKED = Buffer.from("Transfer-Encoding: chunked\r\n");
export const UPGRADE = Buffer.from("Connection: Upgrade\r\nUpgrade: websocket\r\n");

const CONTENT_LENGTH = Buffer.from("Content-Length: ");
const HEX = Buffer.from("0123456789abcdef");
const MOST_DIGITS = 16;
/** Below it a loop is cheaper than a call into the runtime. */
const SHORT_COPY_BYTES = 24;

export class Scratch {
  bytes: Buffer = NOTHING;
  /** Of what is written. */
  length = 0;

  /** Begins anew, with room for `wanted` bytes. Gives whether the place is another one. */
  protected begin(wanted: number): boolean {
    this.length = 0;
    if (wanted <= this.bytes.length) return false;
    this.bytes = Buffer.allocUnsafeSlow(wanted);
    return true;
  }

  /** Latin-1, as it was read. */
  protected text(text: string): void {
    const { bytes } = this;
    let at = this.length;
    for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index);
    this.length = at;
  }

  /** The same for what is longer and always the same: one call instead of a loop. */
  protected constant(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  protected range(from: Uint8Array, start: number, end: number): void {
    const { bytes, length: at } = this;
    if (end - start > SHORT_COPY_BYTES) bytes.set(from.subarray(start, end), at);
    else for (let index = start; index < end; index++) bytes[at + index - start] = from[index] ?? 0;
    this.length = at + end - start;
  }

  /** The line; `bytes` is a whole number below 2^53. */
  protected contentLength(bytes: number): void {
    this.constant(CONTENT_LENGTH);
    this.decimal(bytes);
    this.text("\r\n");
  }

  /** A whole number below 2^53. */
  protected decimal(value: number): void {
    let digits = 1;
    for (let bound = 10; digits < MOST_DIGITS && value >= bound; bound *= 10) digits++;
    let rest = value;
    for (let at = this.length + digits - 1; at >= this.length; at--) {
      const next = Math.floor(rest / 10);
      this.bytes[at] = 0x30 + (rest - next * 10);
      rest = next;
    }
    this.length += digits;
  }

  /** Eight digits. @param word 0 to 2^32-1 */
  protected hex(word: number): void {
    const { bytes, length: at } = this;
    for (let digit = 0; digit < 8; digit++) bytes[at + digit] = HEX[(word >>> (28 - digit * 4)) & 15] ?? 0;
    this.length = at + 8;
  }
}
