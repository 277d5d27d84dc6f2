// Heads as they are sent on: the lines that are not about one connection in their order, framing and our own additions written anew.

import { EXPECTED_TIMEOUT } from "../../resilience/index.js";
import type { FieldTable } from "./field-table.js";
import { hasMember } from "./field-value.js";
import { FIELD } from "./known-fields.js";
import { LF, SP } from "./octets.js";
import type { RequestHead } from "./request-head.js";
import type { ResponseHead } from "./response-head.js";

/** What is written beside a head's own bytes is shorter. */
const ADDITIONS_BYTES = 1_024;
/** Below it a loop is cheaper than a call into the runtime. */
const SHORT_COPY_BYTES = 24;

/** Methods whose requests usually have no body; another says that it has none, or its receiver could wait for one. */
const USUALLY_WITHOUT_BODY: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"]);
export const NOTHING = Buffer.alloc(0);
const HEX = Buffer.from("0123456789abcdef");

/** Digits of the longest deadline, which is a day. */
const TIME_DIGITS = 8;
const ZERO = 0x30;
const MOST_TIME = 10 ** TIME_DIGITS - 1;
const HEAD_END = "\r\n\r\n";
/** What a request's head ends with: the time left is put in its place when it is sent, and a place of fixed size can be written over. */
const TIME_LEFT = `${EXPECTED_TIMEOUT}: ${" ".repeat(TIME_DIGITS)}${HEAD_END}`;

/** Says in the head of a request how long its try may take. @param leftMs a whole number from 1 on */
export function withTimeLeft(head: Buffer, leftMs: number): Buffer {
  let rest = Math.min(leftMs, MOST_TIME);
  let at = head.length - HEAD_END.length;
  for (let digit = 0; digit < TIME_DIGITS; digit++) {
    head[--at] = rest === 0 ? SP : ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return head;
}

export interface ForwardFacts {
  /** Address of the peer of this connection. */
  readonly peerIp: string;
  /** Stands in as Host for an HTTP/1.0 caller that sent none. */
  readonly service: string;
  /** 0 to 2^32-1, for a request's id where it brings none. */
  readonly word: () => number;
}

/** How an answer's body is framed for the caller. */
export interface AnswerFraming {
  readonly chunked: boolean;
  /** The Content-Length to say, or -1 for none. */
  readonly length: number;
  /** The connection ends with this answer. */
  readonly closes: boolean;
  /** A Set-Cookie of our own. */
  readonly cookie: string | undefined;
  /** Field lines that name endpoint and version; an upstream's own are left out where they are there. */
  readonly mark: string | undefined;
  /** A field line about retries made here. */
  readonly retried?: string | undefined;
}

/** Where a head is written: grown to the largest head there was, and used again. */
export class HeadWriter {
  bytes: Buffer = NOTHING;
  /** Of what is written. */
  length = 0;
  /** Where the request id that we gave begins; -1 where the request brought one. */
  #idAt = -1;
  #dropsMarks = false;

  /** The request's head for an endpoint. `from` holds the bytes that `head` was read from. */
  request(head: RequestHead, from: Uint8Array, facts: ForwardFacts): void {
    this.#begin(head.targetEnd - head.targetStart, head.fields, head.host.length + facts.service.length + facts.peerIp.length);
    this.#text(head.method);
    this.#text(" ");
    this.#target(head, from);
    this.#text(" HTTP/1.1\r\nHost: ");
    this.#text(head.host === "" ? facts.service : head.host);
    if (head.chunked) this.#text("\r\nTransfer-Encoding: chunked\r\n");
    else if (head.hasLength || !USUALLY_WITHOUT_BODY.has(head.method)) this.#text(`\r\nContent-Length: ${head.length}\r\n`);
    else this.#text("\r\n");
    if (head.upgrades) this.#text("Connection: Upgrade\r\nUpgrade: websocket\r\n");
    this.#fields(head, from);
    this.#forwarding(head, from, facts);
    this.#text(TIME_LEFT);
  }

  /** The answer's head for the caller. */
  response(head: ResponseHead, from: Uint8Array, framing: AnswerFraming): void {
    this.#begin(head.phraseEnd - head.phraseStart, head.fields, (framing.cookie?.length ?? 0) + (framing.mark?.length ?? 0));
    this.#dropsMarks = framing.mark !== undefined;
    this.#text(`HTTP/1.1 ${head.status}`);
    if (head.phraseEnd === head.phraseStart) this.#text(" ");
    else this.#range(from, head.phraseStart, head.phraseEnd);
    this.#text("\r\n");
    if (framing.chunked) this.#text("Transfer-Encoding: chunked\r\n");
    else if (framing.length >= 0) this.#text(`Content-Length: ${framing.length}\r\n`);
    if (head.upgrades) this.#text("Connection: Upgrade\r\nUpgrade: websocket\r\n");
    else if (framing.closes) this.#text("Connection: close\r\n");
    this.#fields(head, from);
    if (framing.cookie !== undefined) this.#text(`Set-Cookie: ${framing.cookie}\r\n`);
    if (framing.mark !== undefined) this.#text(framing.mark);
    if (framing.retried !== undefined) this.#text(framing.retried);
    this.#text("\r\n");
  }

  /** Of the request that was written last. */
  requestId(head: RequestHead, from: Buffer): string {
    return this.#idAt < 0 ? broughtId(head, from) : this.bytes.toString("latin1", this.#idAt, this.#idAt + 32);
  }

  /** What is written, at the beginning of `place`, or of a new one where that is too small. */
  copyTo(place: Buffer): Buffer {
    const copy = place.length < this.length ? Buffer.allocUnsafeSlow(this.length) : place;
    this.bytes.copy(copy, 0, 0, this.length);
    return copy;
  }

  #begin(lineBytes: number, { count, nameStart, valueEnd }: FieldTable, others: number): void {
    const fieldBytes = count === 0 ? 0 : (valueEnd[count - 1] ?? 0) - (nameStart[0] ?? 0);
    const wanted = lineBytes + fieldBytes + others + ADDITIONS_BYTES;
    if (wanted > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(wanted);
    this.length = 0;
    this.#idAt = -1;
    this.#dropsMarks = false;
  }

  /** Latin-1, as it was read. */
  #text(text: string): void {
    const { bytes } = this;
    let at = this.length;
    for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index);
    this.length = at;
  }

  #range(from: Uint8Array, start: number, end: number): void {
    const { bytes, length: at } = this;
    if (end - start > SHORT_COPY_BYTES) bytes.set(from.subarray(start, end), at);
    else for (let index = start; index < end; index++) bytes[at + index - start] = from[index] ?? 0;
    this.length = at + end - start;
  }

  /** Origin-form; what is left of an absolute URI may lack its slash. */
  #target({ targetStart, targetEnd, method }: RequestHead, from: Uint8Array): void {
    const first = from[targetStart];
    if (targetStart === targetEnd) this.#text(method === "OPTIONS" ? "*" : "/");
    else if (first !== 0x2f && first !== 0x2a) this.#text("/");
    this.#range(from, targetStart, targetEnd);
  }

  /** The fields that go on, neighbours in one copy. */
  #fields({ fields, nominates }: RequestHead | ResponseHead, from: Uint8Array): void {
    let runStart = -1;
    let runEnd = -1;
    for (let index = 0; index < fields.count; index++) {
      if (goesOn(fields.kind[index] ?? 0, this.#dropsMarks) && !(nominates && isNominated(fields, from, index))) {
        if (runStart < 0) runStart = fields.nameStart[index] ?? 0;
        // Its line's end, which is behind blanks that are no part of its value.
        runEnd = index + 1 < fields.count ? (fields.nameStart[index + 1] ?? 0) : lineEnd(from, fields.valueEnd[index] ?? 0);
      } else if (runStart >= 0) {
        this.#range(from, runStart, runEnd);
        runStart = -1;
      }
    }
    if (runStart >= 0) this.#range(from, runStart, runEnd);
  }

  #forwarding({ fields, nominates }: RequestHead, from: Uint8Array, facts: ForwardFacts): void {
    let hasProto = false;
    let hasId = false;
    this.#text("X-Forwarded-For: ");
    for (let index = 0; index < fields.count; index++) {
      const kind = fields.kind[index];
      if (kind === FIELD.forwardedFor) {
        this.#range(from, fields.valueStart[index] ?? 0, fields.valueEnd[index] ?? 0);
        this.#text(", ");
      } else if (kind === FIELD.forwardedProto) hasProto = true;
      else if (kind === FIELD.requestId) hasId ||= !nominates || !isNominated(fields, from, index);
    }
    this.#text(facts.peerIp);
    this.#text(hasProto ? "\r\n" : "\r\nX-Forwarded-Proto: http\r\n");
    if (hasId) return;
    this.#text("X-Request-Id: ");
    this.#idAt = this.length;
    for (let word = 0; word < 4; word++) this.#hex(facts.word());
    this.#text("\r\n");
  }

  /** Eight digits. */
  #hex(word: number): void {
    for (let digit = 0; digit < 8; digit++) this.bytes[this.length + digit] = HEX[(word >>> (28 - digit * 4)) & 15] ?? 0;
    this.length += 8;
  }
}

function goesOn(kind: number, dropsMarks: boolean): boolean {
  if (kind === FIELD.other || kind === FIELD.guarded || kind === FIELD.forwardedProto || kind === FIELD.requestId) return true;
  return kind === FIELD.retryAfter || (kind === FIELD.answerMark && !dropsMarks);
}

/** The id that a request brings; empty where it brings none. */
export function broughtId({ fields }: RequestHead, from: Buffer): string {
  for (let index = 0; index < fields.count; index++) {
    if (fields.kind[index] === FIELD.requestId) return from.toString("latin1", fields.valueStart[index], fields.valueEnd[index]);
  }
  return "";
}

/** Whether a `Connection` field has this one removed. Framing, identity and our own additions it cannot. */
function isNominated(fields: FieldTable, from: Uint8Array, index: number): boolean {
  if (fields.kind[index] === FIELD.guarded) return false;
  const name = Buffer.from(from.subarray(fields.nameStart[index] ?? 0, fields.nameEnd[index] ?? 0))
    .toString("latin1")
    .toLowerCase();
  if (name.startsWith("x-forwarded-")) return false;
  const wanted = Buffer.from(name);
  for (let other = 0; other < fields.count; other++) {
    if (fields.kind[other] !== FIELD.connection) continue;
    if (hasMember(from, fields.valueStart[other] ?? 0, fields.valueEnd[other] ?? 0, wanted)) return true;
  }
  return false;
}

function lineEnd(from: Uint8Array, position: number): number {
  let at = position;
  while (from[at] !== LF) at++;
  return at + 1;
}
