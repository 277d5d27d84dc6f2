// A response's head: parsed in one pass over its bytes. What must not reach a caller as a good answer is a fault.

import { LIMITS } from "../limits.js";
import { FieldTable, INCOMPLETE } from "./field-table.js";
import { decimal, hasMember, isValue, valueText } from "./field-value.js";
import { FIELD } from "./known-fields.js";
import { CR, LF, SP, skip, VALUE } from "./octets.js";
import { fieldFault } from "./request-head.js";

const MAX_HEAD_BYTES = LIMITS["answer-head-bytes"].value;
const CHUNKED = Buffer.from("chunked");
const CLOSE = Buffer.from("close");
const KEEP_ALIVE = Buffer.from("keep-alive");
const WEBSOCKET = Buffer.from("websocket");
const UPGRADE = Buffer.from("upgrade");
const VERSION = Buffer.from("HTTP/1.");
const TIMEOUT = Buffer.from("timeout=");

/**
 * The one head being read; see `RequestHead`. Interim heads (1xx) are read like others. `read` answers INCOMPLETE, the position after
 * the head, or -2 with `fault` set.
 */
export class ResponseHead {
  readonly fields = new FieldTable();
  fault = "";
  isTooLarge = false;
  minor = 1;
  status = 0;
  /** The reason phrase, SP before it included; empty when there is none. */
  phraseStart = 0;
  phraseEnd = 0;
  chunked = false;
  hasLength = false;
  length = 0;
  /** The upstream ends the connection after this answer. */
  closes = false;
  nominates = false;
  /** It names WebSocket as what it switches to. */
  upgrades = false;
  /** How long the upstream keeps the connection idle; Infinity where it does not say. */
  idleMs = Number.POSITIVE_INFINITY;
  /** What the endpoint says of its load, as it says it. */
  loadReport: string | undefined;
  retryAfter: string | undefined;
  /** The endpoint wants to be taken for one that fails its checks (`x-envoy-immediate-health-check-fail`). */
  failsChecks = false;

  read(bytes: Buffer, start: number, end: number): number {
    this.isTooLarge = false;
    const afterLine = this.#readLine(bytes, start, end);
    if (afterLine < 0) return afterLine;
    const after = this.fields.read(bytes, afterLine, end);
    if (after === INCOMPLETE) return end - start > MAX_HEAD_BYTES ? this.#tooLarge() : INCOMPLETE;
    if (after < 0) return this.#refuse(fieldFault(after));
    if (after - start > MAX_HEAD_BYTES) return this.#tooLarge();
    return this.#understand(bytes) ? after : -2;
  }

  /** `HTTP/1.1 200 phrase`; the phrase, and the space before it, may be missing. */
  #readLine(bytes: Buffer, start: number, end: number): number {
    const length = Math.min(VERSION.length, end - start);
    for (let index = 0; index < length; index++)
      if (bytes[start + index] !== VERSION[index]) return this.#refuse("no HTTP/1.1 in the answer");
    if (start + 13 >= end) return INCOMPLETE;
    this.minor = (bytes[start + 7] ?? 0) - 0x30;
    if ((this.minor !== 1 && this.minor !== 0) || bytes[start + 8] !== SP)
      return this.#refuse("another version than HTTP/1.1 in the answer");
    this.status = decimal(bytes, start + 9, start + 12);
    if (this.status < 100 || this.status > 599) return this.#refuse("a status that is none of HTTP");
    this.phraseStart = start + 12;
    const after = bytes[this.phraseStart];
    if (after !== SP && after !== CR) return this.#refuse("a status of more than three digits");
    this.phraseEnd = skip(bytes, this.phraseStart, end, VALUE);
    if (this.phraseEnd + 1 >= end) return end - start > MAX_HEAD_BYTES ? this.#tooLarge() : INCOMPLETE;
    if (bytes[this.phraseEnd] !== CR || bytes[this.phraseEnd + 1] !== LF) return this.#refuse("a control character in the reason phrase");
    return this.phraseEnd + 2;
  }

  #understand(bytes: Buffer): boolean {
    const { fields } = this;
    this.chunked = false;
    this.hasLength = false;
    this.length = 0;
    this.closes = this.minor === 0;
    this.nominates = false;
    this.upgrades = false;
    this.idleMs = Number.POSITIVE_INFINITY;
    this.loadReport = undefined;
    this.retryAfter = undefined;
    this.failsChecks = false;
    let upgradesConnection = false;
    let namesWebSocket = false;
    for (let index = 0; index < fields.count; index++) {
      const start = fields.valueStart[index] ?? 0;
      const end = fields.valueEnd[index] ?? 0;
      switch (fields.kind[index] ?? FIELD.other) {
        case FIELD.contentLength:
          if (this.hasLength) return this.#is("more than one Content-Length");
          this.hasLength = true;
          this.length = decimal(bytes, start, end);
          if (this.length < 0) return this.#is("a Content-Length that is no decimal number");
          break;
        case FIELD.transferEncoding:
          if (this.chunked || !isValue(bytes, fields, index, CHUNKED)) return this.#is("a Transfer-Encoding other than chunked");
          if (this.minor === 0) return this.#is("Transfer-Encoding in an HTTP/1.0 answer");
          this.chunked = true;
          break;
        case FIELD.connection:
          if (isValue(bytes, fields, index, KEEP_ALIVE)) break;
          if (hasMember(bytes, start, end, CLOSE)) this.closes = true;
          if (!isValue(bytes, fields, index, CLOSE)) this.nominates = true;
          upgradesConnection ||= hasMember(bytes, start, end, UPGRADE);
          break;
        case FIELD.upgrade:
          namesWebSocket ||= isValue(bytes, fields, index, WEBSOCKET);
          break;
        case FIELD.keepAlive:
          this.idleMs = idleMsOf(bytes, start, end);
          break;
        case FIELD.failsChecks:
          this.failsChecks = true;
          break;
        case FIELD.retryAfter:
          this.retryAfter ??= valueText(bytes, fields, index);
          break;
        case FIELD.loadReport:
          this.loadReport ??= valueText(bytes, fields, index);
          break;
      }
    }
    this.upgrades = this.status === 101 && namesWebSocket && upgradesConnection;
    return !(this.chunked && this.hasLength) || this.#is("both Content-Length and Transfer-Encoding");
  }

  #is(fault: string): false {
    this.fault = fault;
    return false;
  }

  #tooLarge(): number {
    this.isTooLarge = true;
    return this.#refuse("a head that is too large");
  }

  #refuse(fault: string): number {
    this.fault = fault;
    return -2;
  }
}

/** `Keep-Alive: timeout=5, max=100`: seconds. */
function idleMsOf(bytes: Buffer, start: number, end: number): number {
  const at = bytes.subarray(start, end).indexOf(TIMEOUT);
  if (at < 0) return Number.POSITIVE_INFINITY;
  const from = start + at + TIMEOUT.length;
  let to = from;
  while (to < end && (bytes[to] ?? 0) >= 0x30 && (bytes[to] ?? 0) <= 0x39) to++;
  const seconds = decimal(bytes, from, to);
  return seconds < 0 ? Number.POSITIVE_INFINITY : seconds * 1_000;
}
