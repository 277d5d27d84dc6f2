// A request's head: parsed in one pass over its bytes, strict by rule, nothing copied.

import { expectedTimeoutMs } from "../../resilience/index.js";
import { hostName, isHost } from "../field-rules.js";
import { LIMITS, type LimitName } from "../limits.js";
import type { Reason } from "../local-reply.js";
import { FAULT, FieldTable, INCOMPLETE } from "./field-table.js";
import { decimal, hasMember, isValue, valueText } from "./field-value.js";
import { FIELD } from "./known-fields.js";
import { CR, LF, SP, skip, TARGET, TOKEN } from "./octets.js";

const MAX_HEAD_BYTES = LIMITS["head-bytes"].value;
const MAX_LINE_BYTES = LIMITS["request-line-bytes"].value;
/** Hosts whose text was found good; beyond it they are looked at again. */
const REMEMBERED_HOSTS = 1_024;

const NOTHING = Buffer.alloc(0);
const CHUNKED = Buffer.from("chunked");
const CLOSE = Buffer.from("close");
const KEEP_ALIVE = Buffer.from("keep-alive");
const UPGRADE = Buffer.from("upgrade");
const WEBSOCKET = Buffer.from("websocket");
const CONTINUE = Buffer.from("100-continue");
/** `HTTP/1.` */
const VERSION = Buffer.from("HTTP/1.");
const METHODS: readonly string[] = ["GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"];
const METHOD_BYTES: readonly Buffer[] = METHODS.map((method) => Buffer.from(method));

export interface HeadFault {
  readonly reason: Reason;
  readonly detail: string;
  /** The limit that it is about, if it is about one. */
  readonly limit?: LimitName;
}

/**
 * The one head being read. Its positions point into the bytes it was read from and are valid until the next `read`; so are its texts and
 * flags. `read` answers INCOMPLETE, the position after the head, or -2 with `fault` set.
 */
export class RequestHead {
  readonly fields = new FieldTable();
  fault: HeadFault | undefined;
  method = "";
  targetStart = 0;
  targetEnd = 0;
  /** HTTP/1.`minor`. */
  minor = 1;
  /** The authority to send on; empty in HTTP/1.0 without Host. */
  host = "";
  /** `host` in lower case without its port. */
  hostName = "";
  chunked = false;
  /** Content-Length; 0 also where there is none. */
  length = 0;
  hasLength = false;
  /** The caller wants or allows no further request on this connection. */
  closes = false;
  expectsContinue = false;
  /** A valid WebSocket handshake (RFC 6455 section 4.1), as far as a proxy looks. */
  upgrades = false;
  /** How long the caller waits for the answer; Infinity where it does not say. */
  callerTimeoutMs = Number.POSITIVE_INFINITY;
  /** Connection names fields to be removed. */
  nominates = false;
  /** What was read last. */
  #bytes: Buffer = NOTHING;
  readonly #hosts = new Map<string, string>();
  #lastHost: Uint8Array = NOTHING;
  #lastText = "";
  #lastName = "";

  /** Origin-form, as text. */
  get path(): string {
    const text = this.#bytes.toString("latin1", this.targetStart, this.targetEnd);
    if (text === "") return this.method === "OPTIONS" ? "*" : "/";
    return text.startsWith("?") ? `/${text}` : text;
  }

  /** Flat: name, value, name, value; one character per octet. Made when asked for: most requests are sent on without. */
  get headers(): readonly string[] {
    const { fields } = this;
    const flat: string[] = [];
    for (let index = 0; index < fields.count; index++) {
      flat.push(this.#bytes.toString("latin1", fields.nameStart[index], fields.nameEnd[index]), valueText(this.#bytes, fields, index));
    }
    return flat;
  }

  get hasBody(): boolean {
    return this.chunked || this.length > 0;
  }

  read(bytes: Buffer, start: number, end: number): number {
    this.fault = undefined;
    this.#bytes = bytes;
    const afterLine = this.#readLine(bytes, start, end);
    if (afterLine < 0) return afterLine === INCOMPLETE ? this.#incomplete(start, end) : afterLine;
    const after = this.fields.read(bytes, afterLine, end);
    if (after === INCOMPLETE) return this.#incomplete(start, end);
    if (after === FAULT.tooMany) return this.#exceeds("head-fields", fieldFault(after), "head-too-large");
    if (after < 0) return this.#refuse(fieldFault(after));
    if (after - start > MAX_HEAD_BYTES) return this.#tooLarge();
    return this.#understand(bytes) ? after : -2;
  }

  #incomplete(start: number, end: number): number {
    return end - start > MAX_HEAD_BYTES ? this.#tooLarge() : INCOMPLETE;
  }

  #tooLarge(): number {
    return this.#exceeds("head-bytes", `the head is larger than ${MAX_HEAD_BYTES / 1_024} KiB`, "head-too-large");
  }

  #readLine(bytes: Buffer, start: number, end: number): number {
    const methodEnd = skip(bytes, start, end, TOKEN);
    if (methodEnd === end) return this.#shortLine(start, end);
    if (bytes[methodEnd] !== SP || methodEnd === start)
      return this.#refuse("the request line does not begin with a method (RFC 9112 section 3)");
    this.method = methodOf(bytes, start, methodEnd);
    this.targetStart = methodEnd + 1;
    this.targetEnd = skip(bytes, this.targetStart, end, TARGET);
    if (this.targetEnd === end) return this.#shortLine(start, end);
    if (this.targetEnd - start > MAX_LINE_BYTES) return this.#longLine();
    if (this.targetEnd === this.targetStart || bytes[this.targetEnd] !== SP) {
      return this.#refuse("a request target with a fragment, a space, a control or a non-ASCII character, or without a version after it");
    }
    return this.#readVersion(bytes, this.targetEnd + 1, end);
  }

  #shortLine(start: number, end: number): number {
    return end - start > MAX_LINE_BYTES ? this.#longLine() : INCOMPLETE;
  }

  #longLine(): number {
    return this.#exceeds("request-line-bytes", `a request line of more than ${MAX_LINE_BYTES / 1_024} KiB`, "target-too-long");
  }

  /** `HTTP/1.0` or `HTTP/1.1`, and the end of the line. */
  #readVersion(bytes: Buffer, start: number, end: number): number {
    const length = Math.min(VERSION.length, end - start);
    for (let index = 0; index < length; index++) if (bytes[start + index] !== VERSION[index]) return this.#badVersion(bytes, start, end);
    if (start + 8 >= end) return INCOMPLETE;
    this.minor = (bytes[start + 7] ?? 0) - 0x30;
    if (this.minor !== 1 && this.minor !== 0) return this.#badVersion(bytes, start, end);
    if (bytes[start + 8] !== CR) return this.#refuse("something after the version in the request line");
    if (start + 9 >= end) return INCOMPLETE;
    return bytes[start + 9] === LF ? start + 10 : this.#refuse("a carriage return without a line feed");
  }

  #badVersion(bytes: Buffer, start: number, end: number): number {
    const text = bytes.toString("latin1", start, Math.min(end, start + 8));
    if (/^HTTP\/[0-9]\.[0-9]$/.test(text)) return this.#refuse(`${text} is not spoken here`, "version-not-supported");
    if (text.length < 8 && /^(?:HTTP\/[0-9]?\.?|HTTP?|HT?)$/.test(text)) return INCOMPLETE;
    return this.#refuse("the request line does not end with a version (RFC 9112 section 2.3)");
  }

  /** What the fields mean together. False with `fault` set where they contradict each other. */
  #understand(bytes: Buffer): boolean {
    const { fields } = this;
    this.chunked = false;
    this.hasLength = false;
    this.length = 0;
    this.host = "";
    this.hostName = "";
    this.closes = this.minor === 0;
    this.expectsContinue = false;
    this.upgrades = false;
    this.nominates = false;
    this.callerTimeoutMs = Number.POSITIVE_INFINITY;
    if (this.method === "CONNECT") return this.#is("CONNECT asks for a forward proxy; this is none", "method-not-allowed");
    let hasHost = false;
    let wantsUpgrade = false;
    let upgradesConnection = false;
    for (let index = 0; index < fields.count; index++) {
      switch (fields.kind[index] ?? FIELD.other) {
        case FIELD.host:
          if (hasHost) return this.#is("more than one Host (RFC 9112 section 3.2)");
          hasHost = true;
          if (!this.#takeHostField(bytes, index)) return this.#is("a Host that is not host[:port] (RFC 9110 section 7.2)");
          break;
        case FIELD.contentLength:
          if (!this.#takeLength(bytes, index)) return false;
          break;
        case FIELD.transferEncoding:
          if (!this.#takeCoding(bytes, index)) return false;
          break;
        case FIELD.connection:
          upgradesConnection = this.#takeConnection(bytes, index) || upgradesConnection;
          break;
        case FIELD.upgrade:
          wantsUpgrade = hasMember(bytes, fields.valueStart[index] ?? 0, fields.valueEnd[index] ?? 0, WEBSOCKET) || wantsUpgrade;
          break;
        case FIELD.expect:
          if (!isValue(bytes, fields, index, CONTINUE)) return this.#is("an Expect other than 100-continue", "expectation-failed");
          this.expectsContinue = true;
          break;
        case FIELD.expectedTimeout:
          this.callerTimeoutMs = Math.min(this.callerTimeoutMs, expectedTimeoutMs(valueText(bytes, fields, index)));
          break;
      }
    }
    if (!hasHost && this.minor === 1) return this.#is("no Host (RFC 9112 section 3.2)");
    if (this.chunked && this.hasLength) return this.#is("both Content-Length and Transfer-Encoding (RFC 9112 section 6.1)");
    this.upgrades = wantsUpgrade && upgradesConnection && this.minor === 1 && this.method === "GET" && !this.hasBody;
    return this.#takeTarget(bytes, hasHost);
  }

  /** Most requests are for the same host as the one before. */
  #takeHostField(bytes: Buffer, index: number): boolean {
    const start = this.fields.valueStart[index] ?? 0;
    const length = (this.fields.valueEnd[index] ?? 0) - start;
    const last = this.#lastHost;
    let at = length === last.length && length > 0 ? 0 : -1;
    while (at >= 0 && at < length) at = bytes[start + at] === last[at] ? at + 1 : -1;
    if (at === length) {
      this.host = this.#lastText;
      this.hostName = this.#lastName;
      return true;
    }
    if (!this.#takeHost(valueText(bytes, this.fields, index))) return false;
    this.#lastHost = Uint8Array.from(bytes.subarray(start, start + length));
    this.#lastText = this.host;
    this.#lastName = this.hostName;
    return true;
  }

  #takeHost(host: string): boolean {
    let name = this.#hosts.get(host);
    if (name === undefined) {
      if (!isHost(host)) return false;
      name = hostName(host);
      if (this.#hosts.size >= REMEMBERED_HOSTS) this.#hosts.clear();
      this.#hosts.set(host, name);
    }
    this.host = host;
    this.hostName = name;
    return true;
  }

  /** Equal doubles are refused too: somebody on the way may have meant one of them. */
  #takeLength(bytes: Buffer, index: number): boolean {
    if (this.hasLength) return this.#is("more than one Content-Length (RFC 9112 section 6.3)");
    this.hasLength = true;
    this.length = decimal(bytes, this.fields.valueStart[index] ?? 0, this.fields.valueEnd[index] ?? 0);
    return this.length >= 0 || this.#is("a Content-Length that is no decimal number below 2^53 (RFC 9110 section 8.6)");
  }

  #takeCoding(bytes: Buffer, index: number): boolean {
    if (this.minor === 0) return this.#is("Transfer-Encoding in HTTP/1.0 (RFC 9112 section 6.1)");
    if (this.chunked || !isValue(bytes, this.fields, index, CHUNKED))
      return this.#is("a Transfer-Encoding other than chunked", "not-implemented");
    this.chunked = true;
    return true;
  }

  /** Whether it says `upgrade`. */
  #takeConnection(bytes: Buffer, index: number): boolean {
    const { fields } = this;
    const start = fields.valueStart[index] ?? 0;
    const end = fields.valueEnd[index] ?? 0;
    if (isValue(bytes, fields, index, KEEP_ALIVE)) return false;
    if (hasMember(bytes, start, end, CLOSE)) this.closes = true;
    if (!isValue(bytes, fields, index, CLOSE)) this.nominates = true;
    return hasMember(bytes, start, end, UPGRADE);
  }

  #takeTarget(bytes: Buffer, hasHost: boolean): boolean {
    const first = bytes[this.targetStart];
    if (first === 0x2f) return true;
    if (first === 0x2a && this.targetEnd === this.targetStart + 1) {
      return this.method === "OPTIONS" || this.#is("`*` is a target of OPTIONS only");
    }
    return this.#takeAbsolute(bytes, hasHost);
  }

  /** Absolute-form (RFC 9112 section 3.2.2): we are the server it names, so it must agree with Host and becomes origin-form. */
  #takeAbsolute(bytes: Buffer, hasHost: boolean): boolean {
    const target = bytes.toString("latin1", this.targetStart, this.targetEnd);
    const authority = /^http:\/\/([^/?]*)/i.exec(target)?.[1];
    if (authority === undefined) return this.#is("a request target that is neither a path nor an http: URI");
    const before = this.host;
    if (authority === "" || authority.startsWith(":")) return this.#is("an http: URI without a host");
    if (hasHost && before.toLowerCase() !== authority.toLowerCase()) return this.#is("Host differs from the request target's host");
    if (!this.#takeHost(authority)) return this.#is("an http: URI whose authority is not host[:port]");
    this.targetStart += "http://".length + authority.length;
    return true;
  }

  #is(detail: string, reason: Reason = "bad-request"): false {
    this.fault = { reason, detail: `Refused: ${detail}.` };
    return false;
  }

  #exceeds(limit: LimitName, detail: string, reason: Reason): number {
    this.fault = { reason, detail: `Refused: ${detail}.`, limit };
    return -2;
  }

  #refuse(detail: string, reason: Reason = "bad-request"): number {
    this.#is(detail, reason);
    return -2;
  }
}

function methodOf(bytes: Buffer, start: number, end: number): string {
  for (let index = 0; index < METHODS.length; index++) {
    const known = METHOD_BYTES[index];
    if (known === undefined || known.length !== end - start || known[0] !== bytes[start]) continue;
    let at = 1;
    while (at < known.length && known[at] === bytes[start + at]) at++;
    if (at === known.length) return METHODS[index] ?? "";
  }
  return bytes.toString("latin1", start, end);
}

/** Why a field section was not accepted. */
export function fieldFault(code: number): string {
  switch (code) {
    case FAULT.badName:
      return "a header line that does not begin with a name and a colon (RFC 9112 section 5)";
    case FAULT.badValue:
      return "a header value that holds a control character (RFC 9110 section 5.5)";
    case FAULT.tooMany:
      return "more than 100 headers";
    default:
      return "a carriage return without a line feed";
  }
}
