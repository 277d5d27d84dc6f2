// What each octet may be part of in HTTP/1.1 (RFC 9110 section 5, RFC 9112 sections 2 and 3), as one table to look up.

export const SP = 0x20;
export const HTAB = 0x09;
export const CR = 0x0d;
export const LF = 0x0a;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const COMMA = 0x2c;
export const DEL = 0x7f;

/** Of a token: names of methods and fields. */
export const TOKEN = 1;
/** Of a field's value: HTAB and all that is no control character. */
export const VALUE = 2;
/** Of a request target: visible ASCII without `#`, for a fragment is never sent. */
export const TARGET = 4;

const TOKEN_MARKS = "!#$%&'*+-.^_`|~";

/** Flags by octet. */
export const OCTETS: Uint8Array = Uint8Array.from({ length: 256 }, (_, octet) => {
  const character = String.fromCharCode(octet);
  const isToken = /[0-9A-Za-z]/.test(character) || TOKEN_MARKS.includes(character);
  const isValue = octet === HTAB || (octet >= SP && octet !== DEL);
  const isTarget = octet > SP && octet < 0x7f && character !== "#";
  return (isToken ? TOKEN : 0) | (isValue ? VALUE : 0) | (isTarget ? TARGET : 0);
});

/** ASCII letters in lower case, every other octet as it is. */
export const LOWER: Uint8Array = Uint8Array.from({ length: 256 }, (_, octet) => (octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet));

/** The value of a hexadecimal digit, or -1. */
export function hexValue(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const lower = octet | SP;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** The first octet from `position` that does not have `flag`, or `end`. */
export function skip(bytes: Uint8Array, position: number, end: number, flag: number): number {
  const octets = OCTETS;
  let at = position;
  while (at < end && ((octets[bytes[at] ?? 0] ?? 0) & flag) !== 0) at++;
  return at;
}
