import { canonicalIp } from "@fairlead/shared";
import type { DnsAnswer } from "./message.js";

/** What a question was last answered with. Equal sets are the same object, whoever gave them and in whatever order. */
export interface AddressSet {
  /** Canonical, sorted, each once. */
  readonly ips: readonly string[];
  /** Addresses nobody can connect to, as written. */
  readonly refused: readonly string[];
  /** The server says that there are more. */
  readonly truncated: boolean;
  /** `ip:port` of the resolver that gave it first. */
  readonly resolver: string;
}

/** "Any address": as a destination it means this very host, and DNS block lists answer with it. */
const UNSPECIFIED: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/**
 * The set an answer amounts to; `previous` itself when that has the same content. "No data" and "no name" are the empty
 * set: the name was looked at and nobody is there, which the registry's guards judge, not this source.
 */
export function addressSetOf(
  answer: Exclude<DnsAnswer, { readonly kind: "failure" }>,
  resolver: string,
  previous: AddressSet | undefined,
): AddressSet {
  const ips = new Set<string>();
  const refused = new Set<string>();
  for (const written of answer.kind === "records" ? answer.addresses : []) {
    const ip = canonicalIp(written);
    if (ip === undefined || UNSPECIFIED.has(ip)) refused.add(written);
    else ips.add(ip);
  }
  const next = { ips: [...ips].sort(), refused: [...refused].sort(), truncated: answer.kind === "records" && answer.truncated, resolver };
  return previous !== undefined && sameContent(previous, next) ? previous : next;
}

function sameContent(one: AddressSet, other: AddressSet): boolean {
  return one.truncated === other.truncated && sameList(one.ips, other.ips) && sameList(one.refused, other.refused);
}

function sameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index]);
}
