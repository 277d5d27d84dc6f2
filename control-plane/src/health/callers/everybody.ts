// What callers meet that no single endpoint is to blame for: trouble of all, of a path between two zones, and callers that stand alone.

import type { DoubtedCaller, ZonePair } from "./caller-evidence.js";
import { percent } from "./findings.js";
import type { CallerLook, ServiceLook } from "./look.js";
import type { PairCounts, Row } from "./pair-counts.js";

const FLEET_RATE = 0.2;
const FLEET_CLEAR_RATE = 0.1;
/** So much of the service has at least half of its rate of failures. */
const FLEET_SPREAD = 0.6;
const REQUESTS_MIN = 50;
const ENDPOINTS_MIN = 3;

/** Whether everybody has trouble with everybody, and since when. */
export class FleetWide {
  #since: { readonly because: string; readonly sinceMs: number } | undefined;

  next({ endpoints, requests, failures }: ServiceLook, wallMs: number): { readonly because: string; readonly sinceMs: number } | undefined {
    const rate = requests === 0 ? 0 : failures / requests;
    const looks = [...endpoints.values()];
    const affected = looks.filter((look) => look.failures / look.requests >= rate / 2).length;
    const isSpread = looks.length >= ENDPOINTS_MIN && affected >= looks.length * FLEET_SPREAD;
    if (requests >= REQUESTS_MIN && rate >= FLEET_RATE && isSpread) {
      const because = `${percent(rate)} of all requests fail, at ${affected} of ${looks.length} endpoints: what they share is in trouble`;
      this.#since ??= { because, sinceMs: wallMs };
    } else if (rate < FLEET_CLEAR_RATE || !isSpread) this.#since = undefined;
    return this.#since;
  }
}

const PATH_RATE = 0.2;
const PATH_CLEAR_RATE = 0.1;
const ELSEWHERE_RATE = 0.05;
/** Zones there are, of callers and of endpoints, before nobody tells them apart any more. */
const ZONES_MAX = 32;

interface Counts {
  requests: number;
  failures: number;
}

/** Paths between zones on which requests fail while both ends do well with others. */
export class ZonePairs {
  #pairs: readonly ZonePair[] = [];

  get all(): readonly ZonePair[] {
    return this.#pairs;
  }

  isTroubled(from: string, to: string): boolean {
    return this.#pairs.some((pair) => pair.from === from && pair.to === to);
  }

  next(pairs: PairCounts, zoneOf: (endpoint: string) => string, wallMs: number): void {
    const counts = countByZones(pairs, zoneOf);
    const next: ZonePair[] = [];
    for (const [from, byTo] of counts) {
      for (const [to, path] of byTo) {
        const was = this.#pairs.find((pair) => pair.from === from && pair.to === to);
        const others = { out: { requests: 0, failures: 0 }, in: { requests: 0, failures: 0 } };
        for (const [otherTo, one] of byTo) if (otherTo !== to) addTo(others.out, one);
        for (const [otherFrom, all] of counts) if (otherFrom !== from) addTo(others.in, all.get(to));
        const isFine = [others.out, others.in].every((one) => one.requests >= REQUESTS_MIN && rateOf(one) < ELSEWHERE_RATE);
        const isBad = path.requests >= REQUESTS_MIN && rateOf(path) >= (was === undefined ? PATH_RATE : PATH_CLEAR_RATE);
        if (!isFine || !isBad) continue;
        const because = `${percent(rateOf(path))} of the requests from ${from} to ${to} fail, and neither end has trouble with others`;
        next.push(was ?? { from, to, because, sinceMs: wallMs });
      }
    }
    if (next.length !== this.#pairs.length || next.some((pair, at) => pair !== this.#pairs[at])) this.#pairs = next;
  }
}

function countByZones(pairs: PairCounts, zoneOf: (endpoint: string) => string): ReadonlyMap<string, ReadonlyMap<string, Counts>> {
  const counts = new Map<string, Map<string, Counts>>();
  const columns = [...pairs.columns].map(([endpoint, column]) => [zoneOf(endpoint), column] as const);
  if (new Set(columns.map(([zone]) => zone)).size < 2) return counts;
  for (const row of pairs.rows.values()) {
    let byTo = counts.get(row.zone);
    if (byTo === undefined) {
      if (counts.size >= ZONES_MAX) continue;
      byTo = new Map();
      counts.set(row.zone, byTo);
    }
    for (const [to, column] of columns) {
      const requests = requestsIn(row, column);
      if (requests === 0) continue;
      let path = byTo.get(to);
      if (path === undefined) {
        if (byTo.size >= ZONES_MAX) continue;
        path = { requests: 0, failures: 0 };
        byTo.set(to, path);
      }
      path.requests += requests;
      path.failures += failuresIn(row, column);
    }
  }
  return counts;
}

const ALONE_RATE = 0.5;
const ALONE_CLEAR_RATE = 0.25;
/** Half of the callers have less than this where one that has more than half of its requests failing stands alone. */
const USUAL_RATE = 0.2;
const CALLER_REQUESTS = 20;
const CALLERS_MIN = 5;
/** What nearly all others have with an endpoint that one caller alone cannot use. */
const CONTRADICTING_EXCESS = 0.02;
const PAIR_REQUESTS = 3;
/** Looks until a caller is doubted, which is longer than all others take to report the same, and until it is believed again. */
const LOOKS = { doubt: 6, clear: 10 };
/** Callers named of one service; more are only counted out. */
const NAMED_MAX = 100;

interface Suspicion {
  kind: DoubtedCaller["kind"];
  because: string;
  looks: number;
  clearLooks: number;
  sinceMs: number | undefined;
}

/** Callers whose word does not count: they fail where others do not. */
export class DoubtedCallers {
  readonly #suspicions = new Map<string, Suspicion>();

  isDoubted(caller: string): boolean {
    return this.#suspicions.get(caller)?.sinceMs !== undefined;
  }

  get named(): readonly Omit<DoubtedCaller, "service">[] {
    const named = [...this.#suspicions].flatMap(([caller, { kind, because, sinceMs }]) =>
      sinceMs === undefined ? [] : [{ caller, kind, because, sinceMs }],
    );
    return named.slice(0, NAMED_MAX);
  }

  next({ callers, endpoints }: ServiceLook, pairs: PairCounts, wallMs: number): void {
    const suspected = new Map<string, Pick<Suspicion, "kind" | "because">>();
    if (callers.length >= CALLERS_MIN) {
      this.#findEverywhere(callers, suspected);
      findContradicted({ callers, endpoints }, pairs, suspected);
    }
    for (const [caller, found] of suspected) this.#note(caller, found, wallMs);
    for (const [caller, suspicion] of this.#suspicions) {
      if (suspected.has(caller)) continue;
      suspicion.clearLooks += 1;
      if (suspicion.sinceMs === undefined || suspicion.clearLooks >= LOOKS.clear || !pairs.rows.has(caller))
        this.#suspicions.delete(caller);
    }
  }

  #findEverywhere(callers: readonly CallerLook[], suspected: Map<string, Pick<Suspicion, "kind" | "because">>): void {
    const rates = callers.filter(({ requests }) => requests > 0).map((caller) => rateOf(caller));
    rates.sort((one, other) => one - other);
    const usual = rates[Math.floor(rates.length / 2)] ?? 0;
    if (usual >= USUAL_RATE) return;
    for (const { row, ...counts } of callers) {
      const bar = this.isDoubted(row.caller) ? ALONE_CLEAR_RATE : ALONE_RATE;
      if (counts.requests < CALLER_REQUESTS || rateOf(counts) < bar) continue;
      const because = `${percent(rateOf(counts))} of its requests fail, wherever it sends them; half of the callers have at most ${percent(usual)}`;
      suspected.set(row.caller, { kind: "fails-everywhere", because });
    }
  }

  #note(caller: string, { kind, because }: Pick<Suspicion, "kind" | "because">, wallMs: number): void {
    const known = this.#suspicions.get(caller);
    if (known === undefined) {
      this.#suspicions.set(caller, { kind, because, looks: 1, clearLooks: 0, sinceMs: undefined });
      return;
    }
    known.looks += 1;
    known.clearLooks = 0;
    if (known.sinceMs === undefined && known.looks >= LOOKS.doubt) Object.assign(known, { kind, because, sinceMs: wallMs });
  }
}

function findContradicted(
  { callers, endpoints }: Pick<ServiceLook, "callers" | "endpoints">,
  pairs: PairCounts,
  suspected: Map<string, Pick<Suspicion, "kind" | "because">>,
): void {
  for (const [endpoint, column] of pairs.columns) {
    const look = endpoints.get(endpoint);
    if (look === undefined || look.callers < CALLERS_MIN || look.agreedExcess >= CONTRADICTING_EXCESS) continue;
    for (const { row, ...all } of callers) {
      const here = { requests: requestsIn(row, column), failures: failuresIn(row, column) };
      if (here.failures === 0 || here.requests < PAIR_REQUESTS || suspected.has(row.caller)) continue;
      const elsewhere = { requests: all.requests - here.requests, failures: all.failures - here.failures };
      if (rateOf(here) - rateOf(elsewhere) < ALONE_RATE) continue;
      const because = `${percent(rateOf(here))} of its requests to ${endpoint} fail, and nearly none of its ${look.callers} other callers'`;
      suspected.set(row.caller, { kind: "contradicted", because });
    }
  }
}

function requestsIn(row: Row, column: number): number {
  return (row.requests[column] ?? 0) + (row.olderRequests[column] ?? 0);
}

function failuresIn(row: Row, column: number): number {
  return (row.failures[column] ?? 0) + (row.olderFailures[column] ?? 0);
}

function rateOf({ requests, failures }: Counts): number {
  return requests === 0 ? 0 : failures / requests;
}

function addTo(sum: Counts, one: Counts | undefined): void {
  sum.requests += one?.requests ?? 0;
  sum.failures += one?.failures ?? 0;
}
