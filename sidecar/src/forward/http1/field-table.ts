// The fields of one head as places in its bytes, filled in one pass.

import { LIMITS } from "../limits.js";
import { fieldKind } from "./known-fields.js";
import { COLON, CR, DEL, HTAB, LF, OCTETS, SP, TOKEN } from "./octets.js";

const MAX_FIELDS = LIMITS["head-fields"].value;

/** Instead of a position: more bytes are needed. */
export const INCOMPLETE = -1;
/** Instead of a position: the number of a `Fault`, negative and below INCOMPLETE. */
export const FAULT = {
  badName: -2,
  badValue: -3,
  bareCr: -4,
  tooMany: -5,
} as const;

/** Reused from head to head: a position is valid until the next one is read. */
export class FieldTable {
  count = 0;
  readonly nameStart = new Int32Array(MAX_FIELDS);
  readonly nameEnd = new Int32Array(MAX_FIELDS);
  readonly valueStart = new Int32Array(MAX_FIELDS);
  readonly valueEnd = new Int32Array(MAX_FIELDS);
  /** By `FIELD`. */
  readonly kind = new Uint8Array(MAX_FIELDS);

  /** Reads the lines of a field section from `position`. Gives the position after the empty line, INCOMPLETE, or a FAULT. */
  read(bytes: Uint8Array, position: number, end: number): number {
    this.count = 0;
    let at = position;
    for (;;) {
      if (at >= end) return INCOMPLETE;
      if (bytes[at] === CR) {
        if (at + 1 >= end) return INCOMPLETE;
        return bytes[at + 1] === LF ? at + 2 : FAULT.bareCr;
      }
      at = this.#readLine(bytes, at, end);
      if (at < 0) return at;
    }
  }

  /** `name: value CRLF`. A line that begins with white space (obs-fold) has no name. */
  #readLine(bytes: Uint8Array, nameStart: number, end: number): number {
    // As a constant of this function it is looked up once instead of once per octet.
    const octets = OCTETS;
    let at = nameStart;
    while (at < end && ((octets[bytes[at] ?? 0] ?? 0) & TOKEN) !== 0) at++;
    if (at >= end) return INCOMPLETE;
    if (bytes[at] !== COLON || at === nameStart) return FAULT.badName;
    const nameEnd = at++;
    while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at++;
    const valueStart = at;
    // What `VALUE` says, without looking each of the many up.
    for (; at < end; at++) {
      const octet = bytes[at] ?? 0;
      if (octet < SP ? octet !== HTAB : octet === DEL) break;
    }
    if (at >= end) return INCOMPLETE;
    if (bytes[at] !== CR) return FAULT.badValue;
    if (at + 1 >= end) return INCOMPLETE;
    if (bytes[at + 1] !== LF) return FAULT.bareCr;
    let valueEnd = at;
    while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB)) valueEnd--;
    const index = this.count;
    if (index === MAX_FIELDS) return FAULT.tooMany;
    this.count = index + 1;
    this.nameStart[index] = nameStart;
    this.nameEnd[index] = nameEnd;
    this.valueStart[index] = valueStart;
    this.valueEnd[index] = valueEnd;
    this.kind[index] = fieldKind(bytes, nameStart, nameEnd);
    return at + 2;
  }
}
