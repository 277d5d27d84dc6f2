import { fail, ok, type Result } from "@fairlead/shared";
import type { Answer } from "dns-packet";
import { canonicalName, type Question } from "./question.js";

/** Chains in the wild have one to four links; a longer one is a loop or an attack. BIND and Unbound stop at 11 to 16. */
const MAX_ALIASES = 12;

export interface Followed {
  /** As written in the records; may repeat. */
  readonly addresses: readonly string[];
  /** The smallest TTL of every record used, in seconds: the answer is true no longer than its shortest-lived part. */
  readonly ttlS: number;
  /** The last name of the chain; the question's own without aliases. */
  readonly end: string;
  readonly aliases: number;
}

/** Follows CNAME records inside one answer section, whatever their order. An error when they lead in a circle. */
export function followAliases(answers: readonly Answer[], { name, type }: Question): Result<Followed> {
  const { aliasOf, addressesOf } = indexByOwner(answers, type);
  let end = name;
  let aliases = 0;
  let ttlS = Number.POSITIVE_INFINITY;
  for (let alias = aliasOf.get(end); alias !== undefined; alias = aliasOf.get(end)) {
    aliases += 1;
    if (aliases > MAX_ALIASES) return fail(`more than ${MAX_ALIASES} aliases, or aliases in a circle, at ${end}`);
    ttlS = Math.min(ttlS, alias.ttlS);
    end = alias.target;
  }
  const found = addressesOf.get(end) ?? [];
  for (const record of found) ttlS = Math.min(ttlS, record.ttlS);
  return ok({ addresses: found.map((record) => record.address), ttlS: Number.isFinite(ttlS) ? ttlS : 0, end, aliases });
}

interface ByOwner {
  readonly aliasOf: ReadonlyMap<string, { readonly target: string; readonly ttlS: number }>;
  readonly addressesOf: ReadonlyMap<string, readonly { readonly address: string; readonly ttlS: number }[]>;
}

function indexByOwner(answers: readonly Answer[], type: Question["type"]): ByOwner {
  const aliasOf = new Map<string, { target: string; ttlS: number }>();
  const addressesOf = new Map<string, { address: string; ttlS: number }[]>();
  for (const record of answers) {
    if (record.type === "OPT") continue;
    const owner = canonicalName(record.name);
    const ttlS = record.ttl ?? 0;
    if (record.type === "CNAME") aliasOf.set(owner, { target: canonicalName(record.data), ttlS });
    else if (record.type === type && typeof record.data === "string") {
      const list = addressesOf.get(owner);
      if (list === undefined) addressesOf.set(owner, [{ address: record.data, ttlS }]);
      else list.push({ address: record.data, ttlS });
    }
  }
  return { aliasOf, addressesOf };
}
