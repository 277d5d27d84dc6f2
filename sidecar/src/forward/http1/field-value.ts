// Values of fields, read where they lie.

import type { FieldTable } from "./field-table.js";
import { isNamed } from "./known-fields.js";
import { COMMA, HTAB, SP } from "./octets.js";

/** 1*DIGIT up to 2^53-1 (RFC 9110 section 8.6); -1 for anything else. */
export function decimal(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
    if (value > Number.MAX_SAFE_INTEGER) return -1;
  }
  return value;
}

/** Whether a field's whole value is `text`, in any case; `text` is in lower case. */
export function isValue(bytes: Uint8Array, fields: FieldTable, index: number, text: Uint8Array): boolean {
  const start = fields.valueStart[index] ?? 0;
  return (fields.valueEnd[index] ?? 0) - start === text.length && isNamed(bytes, start, text);
}

/** Whether a comma-separated list has `member`, in any case; `member` is in lower case. */
export function hasMember(bytes: Uint8Array, start: number, end: number, member: Uint8Array): boolean {
  let at = start;
  while (at < end) {
    while (at < end && isBetween(bytes[at])) at++;
    const from = at;
    while (at < end && bytes[at] !== COMMA) at++;
    let to = at;
    while (to > from && isBetween(bytes[to - 1])) to--;
    if (to - from === member.length && isNamed(bytes, from, member)) return true;
  }
  return false;
}

function isBetween(octet: number | undefined): boolean {
  return octet === COMMA || octet === SP || octet === HTAB;
}

/** A field's value as text, one character per octet. */
export function valueText(bytes: Buffer, fields: FieldTable, index: number): string {
  return bytes.toString("latin1", fields.valueStart[index], fields.valueEnd[index]);
}
