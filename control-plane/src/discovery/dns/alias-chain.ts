import { fail, ok, type Result } from "@fairlead/shared";
import type { Answer } from "dns-packet";
import { canonicalName, type Question } from "./question.js";

/** Chains in the wild have one to four links; a longer one is a loop or an attack. BIND and Unbound stop at 11 to 16. */
const MAX_ALIASES = 12;

/** What an SRV record says (RFC 2782). `target` is canonical; empty where the record says that there is no such service. */
export interface ServiceRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

/** An address as written, or an SRV record. */
export type RecordData = string | ServiceRecord;

export interface Followed {
  /** In the order of the answer; may repeat. */
  readonly data: readonly RecordData[];
  /** The smallest TTL of every record used, in seconds: the answer is true no longer than its shortest-lived part. */
  readonly ttlS: number;
  /** The last name of the chain; the question's own without aliases. */
  readonly end: string;
  readonly aliases: number;
}

/** Follows CNAME records inside one answer section, whatever their order. An error when they lead in a circle. */
export function followAliases(answers: readonly Answer[], { name, type }: Question): Result<Followed> {
  const aliasOf = aliasesIn(answers);
  let end = name;
  let aliases = 0;
  let ttlS = Number.POSITIVE_INFINITY;
  for (let alias = aliasOf.get(end); alias !== undefined; alias = aliasOf.get(end)) {
    aliases += 1;
    if (aliases > MAX_ALIASES) return fail(`more than ${MAX_ALIASES} aliases, or aliases in a circle, at ${end}`);
    ttlS = Math.min(ttlS, alias.ttlS);
    end = alias.target;
  }
  const data: RecordData[] = [];
  for (const record of answers) {
    if (record.type !== type || !isNamed(record.name, end)) continue;
    const found = dataOf(record);
    if (found === undefined) continue;
    data.push(found);
    ttlS = Math.min(ttlS, record.ttl ?? 0);
  }
  return ok({ data, ttlS: Number.isFinite(ttlS) ? ttlS : 0, end, aliases });
}

function aliasesIn(answers: readonly Answer[]): ReadonlyMap<string, { readonly target: string; readonly ttlS: number }> {
  const aliasOf = new Map<string, { target: string; ttlS: number }>();
  for (const record of answers) {
    if (record.type === "CNAME") aliasOf.set(canonicalName(record.name), { target: canonicalName(record.data), ttlS: record.ttl ?? 0 });
  }
  return aliasOf;
}

/** Four thousand records of one answer have one name, mostly written alike. */
function isNamed(written: string, canonical: string): boolean {
  return written === canonical || canonicalName(written) === canonical;
}

function dataOf(record: Answer): RecordData | undefined {
  if (record.type === "A" || record.type === "AAAA") return record.data;
  if (record.type !== "SRV") return undefined;
  const { priority = 0, weight = 0, port, target } = record.data;
  return { priority, weight, port, target: canonicalName(target) };
}
