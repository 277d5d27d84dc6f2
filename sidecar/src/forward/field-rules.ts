// RFC 9110 section 5 as predicates over one name, value or list.

import { canonicalIp } from "@fairlead/shared";

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** HTAB and everything that is no control character: RFC 9110 section 5.5 lets a recipient refuse those, and no honest sender needs them. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\uffff]*$/;
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%-]*)(?::([0-9]{0,5}))?$/;

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

export function isFieldValue(text: string): boolean {
  return FIELD_VALUE.test(text);
}

/** `uri-host [":" port]` without the sub-delimiters no resolver knows; empty is legal (RFC 9110 section 7.2). */
export function isHost(text: string): boolean {
  const match = HOST.exec(text);
  if (match === null) return false;
  const host = match[1] ?? "";
  if (host.startsWith("[") && (!host.includes(":") || canonicalIp(host.slice(1, -1)) === undefined)) return false;
  return Number(match[2] ?? 0) <= 65_535;
}

/** Lower case and without the port: the form hosts are configured in. */
export function hostName(host: string): string {
  return host.replace(/:[0-9]*$/, "").toLowerCase();
}

/** Members of a comma-separated list, trimmed, in lower case; empty ones are no members (RFC 9110 section 5.6.1). */
export function listMembers(value: string): string[] {
  return value
    .split(",")
    .map((member) => member.trim().toLowerCase())
    .filter((member) => member !== "");
}
