import protobuf from "protobufjs";

/**
 * protobufjs's reader, except that a string must lie inside its message and be UTF-8 (proto3). Its own cuts a string off at the end of the
 * bytes and puts U+FFFD for what is not UTF-8, so that a truncated resource would decode to a shorter name instead of being refused.
 */
export class StrictReader extends protobuf.BufferReader {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    super(bytes);
    this.#bytes = bytes;
  }

  override string(): string {
    const length = this.uint32();
    const start = this.pos;
    const end = start + length;
    if (end > this.len) throw new RangeError(`a string of ${length} bytes at offset ${start} ends after its message, at ${this.len}`);
    this.pos = end;
    const text = this.#bytes.toString("utf8", start, end);
    if (text.includes("\uFFFD") && !Buffer.from(text).equals(this.#bytes.subarray(start, end))) {
      throw new Error(`the string at offset ${start} is not UTF-8`);
    }
    return text;
  }
}
