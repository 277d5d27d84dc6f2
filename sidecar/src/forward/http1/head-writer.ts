// A request's head as it is sent on: the lines that are not about one connection in their order, framing and our own additions written anew.

import { EXPECTED_TIMEOUT } from "../../resilience/index.js";
import type { FieldTable } from "./field-table.js";
import { hasMember } from "./field-value.js";
import { FIELD } from "./known-fields.js";
import { LF, SP } from "./octets.js";
import type { RequestHead } from "./request-head.js";
import { CHUNKED, NOTHING, Scratch, UPGRADE } from "./scratch.js";

/** What is written beside a head's own bytes is shorter. */
const ADDITIONS_BYTES = 1_024;
const PROTO = Buffer.from("X-Forwarded-Proto: http\r\n");
const REQUEST_ID = Buffer.from("X-Request-Id: ");

/** Methods whose requests usually have no body; another says that it has none, or its receiver could wait for one. */
const USUALLY_WITHOUT_BODY: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"]);

/** Digits of the longest deadline, which is a day. */
const TIME_DIGITS = 8;
const ZERO = 0x30;
const MOST_TIME = 10 ** TIME_DIGITS - 1;
const HEAD_END = "\r\n\r\n";
/** What a request's head ends with: the time left is put in its place when it is sent, and a place of fixed size can be written over. */
const TIME_LEFT = Buffer.from(`${EXPECTED_TIMEOUT}: ${" ".repeat(TIME_DIGITS)}${HEAD_END}`);

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

/** Where a head is written: grown to the largest head there was, and used again. */
export class HeadWriter extends Scratch {
  /** Where the request id that we gave begins; -1 where the request brought one. */
  #idAt = -1;
  /** Of the peer that sent the last request; most are sent by one. */
  #peerIp = "";
  #peerLines: Buffer = NOTHING;
  /** What was written last, as long as the next one is as long. */
  #written: Buffer = NOTHING;

  /** The request's head for an endpoint. `from` holds the bytes that `head` was read from. */
  request(head: RequestHead, from: Uint8Array, facts: ForwardFacts): void {
    this.#begin(head.targetEnd - head.targetStart, head.fields, head.host.length + facts.service.length + facts.peerIp.length);
    this.text(head.method);
    this.text(" ");
    this.#target(head, from);
    this.text(" HTTP/1.1\r\nHost: ");
    this.text(head.host === "" ? facts.service : head.host);
    this.text("\r\n");
    if (head.chunked) this.constant(CHUNKED);
    else if (head.hasLength || !USUALLY_WITHOUT_BODY.has(head.method)) this.contentLength(head.length);
    if (head.upgrades) this.constant(UPGRADE);
    this.#fields(head, from);
    this.#forwarding(head, from, facts);
    this.constant(TIME_LEFT);
  }

  /** Of the request that was written last. */
  requestId(head: RequestHead, from: Buffer): string {
    return this.#idAt < 0 ? broughtId(head, from) : this.bytes.toString("latin1", this.#idAt, this.#idAt + 32);
  }

  /** What is written. Valid until the next one. */
  get written(): Buffer {
    if (this.#written.length !== this.length) this.#written = this.bytes.subarray(0, this.length);
    return this.#written;
  }

  #begin(lineBytes: number, { count, nameStart, valueEnd }: FieldTable, others: number): void {
    const fieldBytes = count === 0 ? 0 : (valueEnd[count - 1] ?? 0) - (nameStart[0] ?? 0);
    const wanted = lineBytes + fieldBytes + others + ADDITIONS_BYTES;
    if (this.begin(wanted)) this.#written = NOTHING;
    this.#idAt = -1;
  }

  /** Origin-form; what is left of an absolute URI may lack its slash. */
  #target({ targetStart, targetEnd, method }: RequestHead, from: Uint8Array): void {
    const first = from[targetStart];
    if (targetStart === targetEnd) this.text(method === "OPTIONS" ? "*" : "/");
    else if (first !== 0x2f && first !== 0x2a) this.text("/");
    this.range(from, targetStart, targetEnd);
  }

  /** The fields that go on, neighbours in one copy. */
  #fields({ fields, nominates }: RequestHead, from: Uint8Array): void {
    let runStart = -1;
    let runEnd = -1;
    for (let index = 0; index < fields.count; index++) {
      if (goesOn(fields.kind[index] ?? 0, false) && !(nominates && isNominated(fields, from, index))) {
        if (runStart < 0) runStart = fields.nameStart[index] ?? 0;
        // Its line's end, which is behind blanks that are no part of its value.
        runEnd = index + 1 < fields.count ? (fields.nameStart[index + 1] ?? 0) : lineEnd(from, fields.valueEnd[index] ?? 0);
      } else if (runStart >= 0) {
        this.range(from, runStart, runEnd);
        runStart = -1;
      }
    }
    if (runStart >= 0) this.range(from, runStart, runEnd);
  }

  #forwarding({ fields, nominates }: RequestHead, from: Uint8Array, facts: ForwardFacts): void {
    let hasFor = false;
    let hasProto = false;
    let hasId = false;
    for (let index = 0; index < fields.count; index++) {
      const kind = fields.kind[index];
      if (kind === FIELD.forwardedFor) {
        if (!hasFor) this.text("X-Forwarded-For: ");
        hasFor = true;
        this.range(from, fields.valueStart[index] ?? 0, fields.valueEnd[index] ?? 0);
        this.text(", ");
      } else if (kind === FIELD.forwardedProto) hasProto = true;
      else if (kind === FIELD.requestId) hasId ||= !nominates || !isNominated(fields, from, index);
    }
    if (hasFor || hasProto || hasId) {
      if (!hasFor) this.text("X-Forwarded-For: ");
      this.text(facts.peerIp);
      this.text("\r\n");
      if (!hasProto) this.constant(PROTO);
      if (hasId) return;
      this.constant(REQUEST_ID);
    } else this.#linesOf(facts.peerIp);
    this.#idAt = this.length;
    for (let word = 0; word < 4; word++) this.hex(facts.word());
    this.text("\r\n");
  }

  /** What is added for a request that brings nothing of it, up to the id. */
  #linesOf(peerIp: string): void {
    if (peerIp !== this.#peerIp) {
      this.#peerLines = Buffer.concat([Buffer.from(`X-Forwarded-For: ${peerIp}\r\n`, "latin1"), PROTO, REQUEST_ID]);
      this.#peerIp = peerIp;
    }
    this.constant(this.#peerLines);
  }
}

/** A head as it goes out, kept for as long as it may be sent again. */
export class KeptHead {
  bytes: Buffer = NOTHING;
  /** Where it is, and room for a longer one. */
  #place: Buffer = NOTHING;

  keep({ written }: HeadWriter): void {
    const isTooSmall = this.#place.length < written.length;
    if (isTooSmall) this.#place = Buffer.allocUnsafeSlow(written.length);
    this.#place.set(written);
    if (isTooSmall || this.bytes.length !== written.length) this.bytes = this.#place.subarray(0, written.length);
  }
}

/** Whether a field is sent on. @param dropsMarks we say ourselves what it says */
export function goesOn(kind: number, dropsMarks: boolean): boolean {
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
export function isNominated(fields: FieldTable, from: Uint8Array, index: number): boolean {
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
