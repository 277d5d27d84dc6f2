/** One thing to ask: an absolute name, lower case and without the final dot, and a type. */
export interface Question {
  readonly name: string;
  readonly type: "A" | "AAAA" | "SRV";
}

/** Lower case, without the final dot: names are absolute either way, and case does not matter (RFC 4343). */
export function canonicalName(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith(".") ? lower.slice(0, -1) : lower;
}

/** How people write it, and the key of everything that is kept once per question. */
export function questionText({ name, type }: Question): string {
  return `${name}. ${type}`;
}
