import { canonicalIp, isPort } from "@fairlead/shared";
import type { RecordData, ServiceRecord } from "./alias-chain.js";

/** What a question was answered with. Equal sets are the same object, whoever gave them and in whatever order. */
export interface RecordSet {
  /** Canonical, sorted, each once. */
  readonly ips: readonly string[];
  /** In order of priority, target and port. */
  readonly targets: readonly ServiceRecord[];
  /** Records nobody can connect to, as written. */
  readonly refused: readonly string[];
  /** Every record as written, once: two answers with the same texts are the same answer. */
  readonly written: ReadonlySet<string>;
}

export const NO_RECORDS: RecordSet = { ips: [], targets: [], refused: [], written: new Set() };

/** Twice what a TCP message can carry (some 4,090 A records): bounds what an accumulation of partial answers can grow to. */
export const MAX_RECORDS = 8_192;

/** "Any address": as a destination it means this very host, and DNS block lists answer with it. */
const UNSPECIFIED: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** The set an answer amounts to; `previous` itself when that has the same content. Order and repetition are no difference. */
export function recordSetOf(data: readonly RecordData[], previous: RecordSet | undefined): RecordSet {
  const byText = new Map<string, RecordData>();
  let news = 0;
  for (const one of data) {
    const text = textOf(one);
    if (byText.has(text)) continue;
    byText.set(text, one);
    if (previous?.written.has(text) !== true) news += 1;
  }
  if (previous !== undefined && news === 0 && byText.size === previous.written.size) return previous;
  return newSet(byText);
}

/** Both together; `one` itself when `other` adds nothing, and no more than `MAX_RECORDS`. */
export function union(one: RecordSet, other: RecordSet): RecordSet {
  if (isWithin(other, one)) return one;
  if (isWithin(one, other)) return other;
  const more = [...other.written].filter((text) => !one.written.has(text)).length;
  if (one.written.size + more > MAX_RECORDS) return one;
  return {
    ips: [...new Set([...one.ips, ...other.ips])].sort(),
    targets: sortedTargets(new Map([...one.targets, ...other.targets].map((target) => [textOf(target), target])).values()),
    refused: [...new Set([...one.refused, ...other.refused])].sort(),
    written: new Set([...one.written, ...other.written]),
  };
}

/** Whether everything of `inner` is in `outer`. */
export function isWithin(inner: RecordSet, outer: RecordSet): boolean {
  if (inner === outer) return true;
  if (inner.written.size > outer.written.size) return false;
  for (const text of inner.written) if (!outer.written.has(text)) return false;
  return true;
}

function newSet(byText: ReadonlyMap<string, RecordData>): RecordSet {
  const ips = new Set<string>();
  const targets: ServiceRecord[] = [];
  const refused: string[] = [];
  for (const [text, data] of byText) {
    if (typeof data === "string") {
      const ip = canonicalIp(data);
      if (ip === undefined || UNSPECIFIED.has(ip)) refused.push(text);
      else ips.add(ip);
    } else if (!isHostName(data.target) || !isPort(data.port)) refused.push(text);
    else targets.push(data);
  }
  return { ips: [...ips].sort(), targets: sortedTargets(targets), refused: refused.sort(), written: new Set(byText.keys()) };
}

function sortedTargets(targets: Iterable<ServiceRecord>): readonly ServiceRecord[] {
  return [...targets].sort(
    (one, other) =>
      one.priority - other.priority ||
      (one.target < other.target ? -1 : Number(one.target > other.target)) ||
      one.port - other.port ||
      one.weight - other.weight,
  );
}

/** What can be asked for: a target that is an address, or whose bytes are none of a name, would be a query no server can read. */
function isHostName(name: string): boolean {
  return name.length <= 253 && canonicalIp(name) === undefined && name.split(".").every((label) => /^[a-z0-9_-]{1,63}$/.test(label));
}

/** As zone files write it. */
function textOf(data: RecordData): string {
  return typeof data === "string" ? data : `${data.priority} ${data.weight} ${data.port} ${data.target}.`;
}
