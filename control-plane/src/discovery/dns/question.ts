import type { DnsNameSettings } from "../../config/index.js";

/** One thing to ask: an absolute name, lower case and without the final dot, and a type. */
export interface Question {
  readonly name: string;
  readonly type: "A" | "AAAA";
}

/** Names are absolute whether or not they end in a dot: search domains are never used. Case does not matter (RFC 4343). */
export function questionOf(settings: DnsNameSettings): Question {
  return { name: canonicalName(settings.name), type: settings.type };
}

/** Lower case, without the final dot. */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

/** How people write it, and the key of everything that is kept once per question. */
export function questionText({ name, type }: Question): string {
  return `${name}. ${type}`;
}
