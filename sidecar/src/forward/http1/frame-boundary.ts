/** Follows the frames of a WebSocket (RFC 6455 section 5.2) only as far as to know where one ends and the next may begin. */
export class FrameBoundary {
  /** Bytes of the present frame behind its length. */
  #left = 0;
  /** Of the present frame's head: 0 before its first byte, 1 before its second, 2 within a longer length. */
  #place = 0;
  #length = 0;
  #lengthBytes = 0;
  #maskBytes = 0;

  /** Whether what comes next begins a frame. */
  get isBetween(): boolean {
    return this.#left === 0 && this.#place === 0;
  }

  pass(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, end - at);
        this.#left -= taken;
        at += taken;
      } else this.#readHead(bytes[at++] ?? 0);
    }
  }

  #readHead(octet: number): void {
    if (this.#place === 0) {
      this.#place = 1;
    } else if (this.#place === 1) {
      const length = octet & 0x7f;
      this.#maskBytes = octet & 0x80 ? 4 : 0;
      this.#length = length < 126 ? length : 0;
      this.#lengthBytes = length < 126 ? 0 : length === 126 ? 2 : 8;
      this.#place = 2;
      if (this.#lengthBytes === 0) this.#beginPayload();
    } else {
      this.#length = this.#length * 256 + octet;
      if (--this.#lengthBytes === 0) this.#beginPayload();
    }
  }

  #beginPayload(): void {
    this.#left = this.#length + this.#maskBytes;
    this.#place = 0;
  }
}
