// Where a body's payload lies in the bytes that come, and where it ends (RFC 9112 sections 6 and 7), incrementally and strictly.

import { LIMITS, type LimitName } from "../limits.js";
import { FieldTable } from "./field-table.js";
import { CR, hexValue, LF, OCTETS, SEMICOLON, TOKEN, VALUE } from "./octets.js";

/** What `next` found. */
export const BODY = {
  /** `start` to `end` is payload. */
  span: 1,
  /** All that came is used up. */
  more: 2,
  done: 3,
  /** Not chunked coding as it must be; `fault` says why. */
  fault: 4,
} as const;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const EQUALS = 0x3d;
const NOTHING = Buffer.alloc(0);

const MAX_SIZE_DIGITS = LIMITS["chunk-size-digits"].value;
const MAX_EXTENSION_BYTES = LIMITS["chunk-extension-bytes"].value;
const MAX_EXTENSIONS_BYTES = LIMITS["chunk-extensions-bytes"].value;
const MAX_TRAILER_BYTES = LIMITS["trailer-bytes"].value;

type State = "length" | "close" | "size" | "extension" | "size-lf" | "data" | "data-cr" | "data-lf" | "trailers" | "done";

export class BodyReader {
  /** Of the payload found last. */
  start = 0;
  end = 0;
  /** Where to go on reading; after `done` the first byte behind the body. */
  position = 0;
  fault = "";
  /** The limit that `fault` is about, if it is about one. */
  limit: LimitName | undefined;
  /** Payload of this body so far. */
  total = 0;
  /** The trailer section as it came, its empty line included, after `done` of a chunked body. */
  readonly trailers = new TrailerBytes();
  #state: State = "done";
  #left = 0;
  #digits = 0;
  #extension = 0;
  #extensions = 0;
  #quote: "none" | "open" | "escaped" = "none";

  /** A body of `length` bytes; 0 is none. */
  beginLength(length: number): void {
    this.total = 0;
    this.#left = length;
    this.#state = length === 0 ? "done" : "length";
  }

  beginChunked(): void {
    this.total = 0;
    this.limit = undefined;
    this.#state = "size";
    this.#left = 0;
    this.#digits = 0;
    this.#extension = 0;
    this.#extensions = 0;
    this.trailers.clear();
  }

  /** A body that its connection's end ends (responses only). */
  beginUntilClose(): void {
    this.total = 0;
    this.#state = "close";
  }

  get isDone(): boolean {
    return this.#state === "done";
  }

  /** Whether the end of the connection is the end of the body, and not its loss. */
  get endsWithConnection(): boolean {
    return this.#state === "close";
  }

  /** Payload bytes known to come still; Infinity where that is not known. */
  get left(): number {
    if (this.#state === "done") return 0;
    return this.#state === "length" ? this.#left : Number.POSITIVE_INFINITY;
  }

  /** Looks at `bytes` from `position` to `end`, up to the next payload. Call it until it says `more`, `done` or `fault`. */
  next(bytes: Uint8Array, position: number, end: number): number {
    this.position = position;
    while (this.position < end) {
      switch (this.#state) {
        case "done":
          return BODY.done;
        case "close":
          return this.#payload(end);
        case "length":
        case "data":
          return this.#counted(end);
        case "trailers":
          return this.#readTrailers(bytes, end);
        default:
          if (!this.#readFraming(bytes[this.position++] ?? 0)) return BODY.fault;
      }
    }
    return this.#state === "done" ? BODY.done : BODY.more;
  }

  #payload(to: number): number {
    this.start = this.position;
    this.end = to;
    this.total += to - this.position;
    this.position = to;
    return BODY.span;
  }

  #counted(end: number): number {
    const take = Math.min(this.#left, end - this.position);
    this.#left -= take;
    if (this.#left === 0) this.#state = this.#state === "length" ? "done" : "data-cr";
    return this.#payload(this.position + take);
  }

  /** One octet of what surrounds the chunks. */
  #readFraming(octet: number): boolean {
    switch (this.#state) {
      case "size":
        return this.#readSize(octet);
      case "extension":
        return this.#readExtension(octet);
      case "size-lf":
        this.#state = this.#left === 0 ? "trailers" : "data";
        return octet === LF || this.#is("a chunk size whose line does not end with CRLF");
      case "data-cr":
        this.#state = "data-lf";
        return octet === CR || this.#is("a chunk that is longer than its size");
      default:
        this.#state = "size";
        this.#digits = 0;
        return octet === LF || this.#is("a chunk that does not end with CRLF");
    }
  }

  #readSize(octet: number): boolean {
    const digit = hexValue(octet);
    if (digit >= 0) {
      this.#left = this.#left * 16 + digit;
      this.#digits++;
      return this.#digits <= MAX_SIZE_DIGITS || this.#exceeds("chunk-size-digits", "a chunk size of too many digits");
    }
    if (this.#digits === 0) return this.#is("a chunk without a size");
    if (octet === CR) this.#state = "size-lf";
    else if (octet === SEMICOLON) {
      this.#state = "extension";
      this.#extension = 0;
      this.#quote = "none";
    } else return this.#is("a chunk size that is no hexadecimal number");
    return true;
  }

  /** Parts of an extension are tokens, `;`, `=` and quoted strings (RFC 9112 section 7.1.1), and none of them is passed on. */
  #readExtension(octet: number): boolean {
    if (octet === CR) {
      this.#state = "size-lf";
      return this.#quote === "none" || this.#is("a quoted string without an end in a chunk extension");
    }
    this.#extension++;
    this.#extensions++;
    if (this.#extension > MAX_EXTENSION_BYTES) return this.#exceeds("chunk-extension-bytes", "chunk extensions that are too long");
    if (this.#extensions > MAX_EXTENSIONS_BYTES) return this.#exceeds("chunk-extensions-bytes", "chunk extensions that are too long");
    const flags = OCTETS[octet] ?? 0;
    if (this.#quote === "escaped") this.#quote = "open";
    else if (octet === QUOTE) this.#quote = this.#quote === "open" ? "none" : "open";
    else if (octet === BACKSLASH && this.#quote === "open") this.#quote = "escaped";
    else if (this.#quote === "none")
      return (flags & TOKEN) !== 0 || octet === SEMICOLON || octet === EQUALS || this.#is("a chunk extension that is none");
    return (flags & VALUE) !== 0 || this.#is("a control character in a chunk extension");
  }

  #readTrailers(bytes: Uint8Array, end: number): number {
    const after = this.trailers.take(bytes, this.position, end);
    if (after < 0) {
      this.fault = "a trailer section that is malformed or too long";
      if (this.trailers.isFull) this.limit = "trailer-bytes";
      return BODY.fault;
    }
    this.position = after;
    if (!this.trailers.isWhole) return BODY.more;
    this.#state = "done";
    return BODY.done;
  }

  #exceeds(limit: LimitName, fault: string): false {
    this.limit = limit;
    return this.#is(fault);
  }

  #is(fault: string): false {
    this.fault = fault;
    return false;
  }
}

/** A trailer section, collected until it is whole. Most have one line, the empty one. */
export class TrailerBytes {
  bytes: Buffer = NOTHING;
  isWhole = false;
  readonly fields = new FieldTable();
  #length = 0;

  /** No more of it is taken. */
  get isFull(): boolean {
    return this.#length === MAX_TRAILER_BYTES;
  }

  clear(): void {
    this.#length = 0;
    this.isWhole = false;
    this.fields.count = 0;
  }

  /** Gives the position after what was taken, or -1. */
  take(bytes: Uint8Array, position: number, end: number): number {
    if (this.#length === 0 && position + 1 < end && bytes[position] === CR && bytes[position + 1] === LF) {
      this.isWhole = true;
      return position + 2;
    }
    let at = position;
    while (at < end && !this.isWhole) {
      if (this.#length === MAX_TRAILER_BYTES) return -1;
      const octet = bytes[at++] ?? 0;
      if (this.#length > 0 && this.bytes[this.#length - 1] === CR && octet !== LF) return -1;
      this.#push(octet);
      if (octet !== LF) continue;
      const read = this.fields.read(this.bytes, 0, this.#length);
      if (read < -1) return -1;
      this.isWhole = read === this.#length;
    }
    return at;
  }

  #push(octet: number): void {
    if (this.bytes.length === 0) this.bytes = Buffer.allocUnsafeSlow(MAX_TRAILER_BYTES);
    this.bytes[this.#length++] = octet;
  }
}
