// Dual-read: a service follows some sources and compares another, which is about to replace them. What differs is reported;
// what is compared is never published.

import type { EndpointId } from "@fairlead/shared";
import type { Endpoint, ServiceReading } from "../discovery/index.js";

/** What both give, told differently. */
export interface Differing {
  readonly endpoint: EndpointId;
  /** `weight 100, there 50`. */
  readonly what: readonly string[];
}

/** Counts are exact; of each list the first `DIFFERENCES_MAX` are named. */
export interface Differences {
  readonly both: number;
  readonly onlyHere: { readonly count: number; readonly first: readonly EndpointId[] };
  readonly onlyThere: { readonly count: number; readonly first: readonly EndpointId[] };
  readonly differing: { readonly count: number; readonly first: readonly Differing[] };
  /** Endpoints both give, of all that either gives: 1 when they name the same. */
  readonly similarity: number;
}

export interface Comparison {
  /** The source that is compared. */
  readonly source: string;
  /** `unknown` while the compared source cannot say: `because` says why. */
  readonly state: "same" | "differs" | "unknown";
  readonly because: string | undefined;
  /** Wall time since when the state holds. */
  readonly sinceMs: number;
  /** Times it began to differ, in this process. */
  readonly divergences: number;
  readonly differences: Differences | undefined;
}

/** A person reads no further; the counts say how many there are. */
export const DIFFERENCES_MAX = 100;

/**
 * What is followed beside what is compared.
 * @param nameless the compared source does not name the service, and is certain of its list
 */
export function compare(
  here: ReadonlyMap<EndpointId, Endpoint>,
  there: { readonly source: string; readonly state: ServiceReading | undefined; readonly nameless: boolean },
  { before, nowMs }: { readonly before: Comparison | undefined; readonly nowMs: number },
): Comparison {
  const because = unknownBecause(there);
  const differences = because === undefined ? differencesOf(here, endpointsOf(there.state)) : undefined;
  const state = differences === undefined ? "unknown" : isSame(differences) ? "same" : "differs";
  const was = before?.source === there.source ? before : undefined;
  const comparison: Comparison = {
    source: there.source,
    state,
    because,
    sinceMs: was?.state === state ? was.sinceMs : nowMs,
    divergences: (was?.divergences ?? 0) + (state === "differs" && was?.state !== "differs" ? 1 : 0),
    differences,
  };
  return comparison;
}

function unknownBecause({
  state,
  nameless,
}: {
  readonly state: ServiceReading | undefined;
  readonly nameless: boolean;
}): string | undefined {
  if (state === undefined) return nameless ? undefined : "the compared source has not listed its services yet";
  if (state.kind === "pending") return state.cause ?? "the compared source has not read this service yet";
  if (state.kind === "stale") return `the compared source lost sight: ${state.cause}`;
  return state.reading.completeness.kind === "partial"
    ? `the compared reading is partial: ${state.reading.completeness.reason}`
    : undefined;
}

const NOBODY: ReadonlyMap<EndpointId, Endpoint> = new Map();

function endpointsOf(state: ServiceReading | undefined): ReadonlyMap<EndpointId, Endpoint> {
  return state?.kind === "seen" ? state.reading.endpoints : NOBODY;
}

function differencesOf(here: ReadonlyMap<EndpointId, Endpoint>, there: ReadonlyMap<EndpointId, Endpoint>): Differences {
  const onlyHere: EndpointId[] = [];
  const differing: Differing[] = [];
  let both = 0;
  for (const [id, endpoint] of here) {
    const other = there.get(id);
    if (other === undefined) {
      onlyHere.push(id);
      continue;
    }
    both++;
    const what = differencesBetween(endpoint, other);
    if (what.length > 0) differing.push({ endpoint: id, what });
  }
  const onlyThere = [...there.keys()].filter((id) => !here.has(id));
  const all = both + onlyHere.length + onlyThere.length;
  return {
    both,
    onlyHere: some(onlyHere.sort()),
    onlyThere: some(onlyThere.sort()),
    differing: some(differing),
    similarity: all === 0 ? 1 : both / all,
  };
}

function some<T>(all: readonly T[]): { readonly count: number; readonly first: readonly T[] } {
  return { count: all.length, first: all.slice(0, DIFFERENCES_MAX) };
}

/** What reaches callers; places always differ. */
function differencesBetween(here: Endpoint, there: Endpoint): readonly string[] {
  const said = (what: string, one: string | number, other: string | number) => (one === other ? [] : [`${what} ${one}, there ${other}`]);
  return [
    ...said("weight", here.weight, there.weight),
    ...said("zone", here.zone, there.zone),
    ...said("priority", here.priority ?? 0, there.priority ?? 0),
    ...said("draining", drainingText(here), drainingText(there)),
  ];
}

function drainingText({ draining }: Endpoint): string {
  return draining === undefined ? "no" : "yes";
}

function isSame({ onlyHere, onlyThere, differing }: Differences): boolean {
  return onlyHere.count + onlyThere.count + differing.count === 0;
}
