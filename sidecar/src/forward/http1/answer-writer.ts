// An answer's head as it is sent on: changed where it lies, right before what follows it, so that both leave in one write.

import type { FieldTable } from "./field-table.js";
import { goesOn, isNominated } from "./head-writer.js";
import { FIELD } from "./known-fields.js";
import type { ResponseHead } from "./response-head.js";
import { CHUNKED, NOTHING, Scratch, UPGRADE } from "./scratch.js";

const CLOSE = Buffer.from("Connection: close\r\n");
/** The status line without its phrase, and the framing. */
const OTHERS_BYTES = 256;

/** How an answer's body is framed for the caller, and what is added to its head. */
export class AnswerFraming {
  chunked = false;
  /** The Content-Length to say, or -1 for none. */
  length = -1;
  /** The connection ends with this answer. */
  closes = false;
  /** A Set-Cookie of our own. */
  cookie: string | undefined;
  /** Field lines that name endpoint and version; an upstream's own are left out where they are there. */
  mark: string | undefined;
  /** A field line about retries made here. */
  retried: string | undefined;
}

/** Writes the front of an answer's head: its status line, framing, and what is ours to say. */
export class AnswerWriter extends Scratch {
  /** What was written last, as long as the next one is as long. */
  #written: Buffer = NOTHING;

  /** What is written. Valid until the next one. */
  get front(): Buffer {
    if (this.#written.length !== this.length) this.#written = this.bytes.subarray(0, this.length);
    return this.#written;
  }

  /**
   * Writes the front, and moves the fields that go on towards `after`, where the head in `from` ends. Gives where they begin: between
   * the front and them nothing is missing, and what was before them is no head any more.
   */
  write(head: ResponseHead, from: Uint8Array, after: number, framing: AnswerFraming): number {
    const { cookie, mark, retried } = framing;
    const additions = (cookie?.length ?? 0) + (mark?.length ?? 0) + (retried?.length ?? 0);
    if (this.begin(head.phraseEnd - head.phraseStart + additions + OTHERS_BYTES)) this.#written = NOTHING;
    this.text("HTTP/1.1 ");
    this.decimal(head.status);
    if (head.phraseEnd === head.phraseStart) this.text(" ");
    else this.range(from, head.phraseStart, head.phraseEnd);
    this.text("\r\n");
    if (framing.chunked) this.constant(CHUNKED);
    else if (framing.length >= 0) this.contentLength(framing.length);
    if (head.upgrades) this.constant(UPGRADE);
    else if (framing.closes) this.constant(CLOSE);
    if (cookie !== undefined) {
      this.text("Set-Cookie: ");
      this.text(cookie);
      this.text("\r\n");
    }
    if (mark !== undefined) this.text(mark);
    if (retried !== undefined) this.text(retried);
    if (head.nominates) removeNominated(head.fields, from);
    return moveFields(head.fields, from, after, mark !== undefined);
  }
}

/** Fields that a `Connection` field names are about one connection from here on: what they were named by may be overwritten. */
function removeNominated(fields: FieldTable, from: Uint8Array): void {
  for (let index = 0; index < fields.count; index++) {
    if (fields.kind[index] !== FIELD.connection && isNominated(fields, from, index)) fields.kind[index] = FIELD.hopByHop;
  }
}

/** From the last to the first, neighbours in one move: as none of them moves to the left, none is overwritten before it has moved. */
function moveFields(fields: FieldTable, bytes: Uint8Array, after: number, dropsMarks: boolean): number {
  const { nameStart, kind } = fields;
  // The empty line stays where it is.
  let to = after - 2;
  let lineEnd = to;
  let runEnd = -1;
  for (let index = fields.count - 1; index >= 0; index--) {
    const lineStart = nameStart[index] ?? 0;
    if (goesOn(kind[index] ?? 0, dropsMarks)) {
      if (runEnd < 0) runEnd = lineEnd;
    } else if (runEnd >= 0) {
      to = move(bytes, lineEnd, runEnd, to);
      runEnd = -1;
    }
    lineEnd = lineStart;
  }
  return runEnd < 0 ? to : move(bytes, lineEnd, runEnd, to);
}

/** So that they end at `to`. Gives where they begin. */
function move(bytes: Uint8Array, start: number, end: number, to: number): number {
  const place = to - (end - start);
  if (place !== start) bytes.copyWithin(place, start, end);
  return place;
}
