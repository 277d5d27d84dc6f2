// The load reports of all callers, looked at once a second.

import {
  Cell,
  type Clock,
  type Closable,
  type EndpointId,
  type Keyed,
  KeyedCell,
  type Log,
  type Metrics,
  type ServiceName,
  type Timer,
} from "@fairlead/shared";
import type { RegisteredService } from "../../registry/index.js";
import type { CallerEvidence, CallerFinding, CallersView, DoubtedCaller } from "./caller-evidence.js";
import { DoubtedCallers, FleetWide, ZonePairs } from "./everybody.js";
import { Finding } from "./findings.js";
import { lookAt, type ServiceLook } from "./look.js";
import { PairCounts, WINDOW_MS } from "./pair-counts.js";

/** What a caller says of one endpoint, or of a part of the service in which it does not tell endpoints apart; since its last report. */
export interface CallerLoad {
  readonly endpoint: string | undefined;
  readonly succeeded: number;
  readonly failed: number;
  /** Milliseconds; undefined where it does not say. */
  readonly medianMs: number | undefined;
}

/** Who reports: without certificates the address and the node id are all the identity there is. */
export interface Caller {
  readonly identity: string;
  readonly zone: string;
}

export interface CallersDeps {
  readonly services: Keyed<ServiceName, RegisteredService>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

const LOOK_EVERY_MS = 1_000;
/** Whoever has not reported for so long says nothing any more. */
const EXPIRES_MS = 30_000;
/** About 50 MB: a thousand callers of four services with a thousand endpoints each. Callers beyond it are not heard, and counted. */
const PAIRS_MAX = 4_000_000;

interface Heard {
  /** Monotonic time of the first report. */
  readonly sinceMs: number;
  readonly pairs: PairCounts;
  readonly findings: Map<string, Finding>;
  readonly fleetWide: FleetWide;
  readonly zonePairs: ZonePairs;
  readonly doubted: DoubtedCallers;
}

export class Callers implements CallerEvidence, Closable {
  readonly services = new KeyedCell<ServiceName, CallersView>();
  readonly doubted = new Cell<readonly DoubtedCaller[]>([]);
  readonly #deps: CallersDeps;
  readonly #heard = new Map<ServiceName, Heard>();
  #unheard = 0;
  #timer: Timer | undefined;

  constructor(deps: CallersDeps) {
    this.#deps = deps;
    const { metrics } = deps;
    metrics.sampled("gauge", { name: "health_caller_pairs", help: "Pairs of caller and endpoint that are looked at." }, () => [
      { labels: {}, value: this.#pairs() },
    ]);
    metrics.sampled("gauge", { name: "health_callers_doubted", help: "Callers whose word does not count." }, () => [
      { labels: {}, value: this.doubted.value.length },
    ]);
    metrics.sampled("counter", { name: "health_caller_reports_unheard_total", help: "Reports that found no room." }, () => [
      { labels: {}, value: this.#unheard },
    ]);
  }

  /** Takes a report. Endpoints that are not registered are of no account. */
  reported({ identity, zone }: Caller, service: ServiceName, loads: readonly CallerLoad[]): void {
    const { clock, services } = this.#deps;
    const registered = services.value.get(service)?.endpoints;
    if (registered === undefined) return;
    const { pairs } = this.#heardOf(service);
    let row = pairs.rowOf(identity);
    if (row === undefined) {
      if (this.#pairs() >= PAIRS_MAX) {
        this.#unheard += 1;
        return;
      }
      row = pairs.addRow(identity, zone);
    }
    pairs.rotate(clock.nowMs());
    row.reportedMs = clock.nowMs();
    for (const { endpoint, succeeded, failed, medianMs } of loads) {
      const counts = { requests: succeeded + failed, failures: failed };
      if (endpoint === undefined) {
        row.elsewhere.requests += counts.requests;
        row.elsewhere.failures += counts.failures;
      } else if (registered.has(endpoint as EndpointId)) {
        const column = pairs.columnOf(endpoint);
        pairs.count(row, column, counts);
        if (medianMs !== undefined) row.logMedian[column] = Math.log(medianMs);
      }
    }
    this.#timer ??= clock.schedule(LOOK_EVERY_MS, () => this.#look());
  }

  close(): void {
    this.#timer?.cancel();
  }

  #heardOf(service: ServiceName): Heard {
    let heard = this.#heard.get(service);
    if (heard === undefined) {
      const sinceMs = this.#deps.clock.nowMs();
      const pairs = new PairCounts(sinceMs);
      heard = {
        sinceMs,
        pairs,
        findings: new Map(),
        fleetWide: new FleetWide(),
        zonePairs: new ZonePairs(),
        doubted: new DoubtedCallers(),
      };
      this.#heard.set(service, heard);
    }
    return heard;
  }

  #look(): void {
    this.#timer = undefined;
    const views = [...this.#heard].map(([service, heard]) => [service, this.#lookAtService(service, heard)] as const);
    for (const [service, { pairs }] of this.#heard) if (pairs.rows.size === 0) this.#heard.delete(service);
    this.services.update(views);
    this.#tellDoubted();
    if (this.#heard.size > 0) this.#timer ??= this.#deps.clock.schedule(LOOK_EVERY_MS, () => this.#look());
  }

  /** @returns undefined where there is nothing to say */
  #lookAtService(service: ServiceName, heard: Heard): CallersView | undefined {
    const { clock, services } = this.#deps;
    const { pairs, zonePairs, doubted } = heard;
    const registered = services.value.get(service)?.endpoints;
    pairs.rotate(clock.nowMs());
    for (const [caller, row] of pairs.rows) if (clock.nowMs() - row.reportedMs >= EXPIRES_MS) pairs.dropRow(caller);
    for (const endpoint of pairs.columns.keys()) if (registered?.has(endpoint as EndpointId) !== true) pairs.dropColumn(endpoint);
    const zoneOf = (endpoint: string) => registered?.get(endpoint as EndpointId)?.endpoint.zone ?? "";
    zonePairs.next(pairs, zoneOf, clock.wallMs());
    const look = lookAt({
      pairs,
      isDoubted: (caller) => doubted.isDoubted(caller),
      isPathTrouble: (from, endpoint) => zonePairs.isTroubled(from, zoneOf(endpoint)),
    });
    doubted.next(look, pairs, clock.wallMs());
    const fleetWide = heard.fleetWide.next(look, clock.wallMs());
    // While everybody has trouble with everybody, who has a little more of it than others is chance.
    if (fleetWide !== undefined) heard.findings.clear();
    const endpoints = fleetWide === undefined ? this.#findingsOf(heard, look, registered) : new Map<EndpointId, CallerFinding>();
    const view = { endpoints, fleetWide, zonePairs: zonePairs.all };
    const before = this.services.value.get(service);
    this.#tellFleetWide(service, before, view);
    if (endpoints.size === 0 && fleetWide === undefined && view.zonePairs.length === 0) return undefined;
    return before !== undefined && sameView(before, view) ? before : view;
  }

  #findingsOf(
    { findings, sinceMs }: Heard,
    look: ServiceLook,
    registered: RegisteredService["endpoints"] | undefined,
  ): ReadonlyMap<EndpointId, CallerFinding> {
    const { clock } = this.#deps;
    const endpoints = new Map<EndpointId, CallerFinding>();
    // Callers report one after the other: until each had its turn, those who spoke first would be the majority.
    const isWhole = clock.nowMs() - sinceMs >= WINDOW_MS;
    for (const endpoint of new Set([...findings.keys(), ...look.endpoints.keys()])) {
      const finding = findings.get(endpoint) ?? new Finding();
      const said = isWhole ? finding.next(look.endpoints.get(endpoint), clock.wallMs()) : undefined;
      const isGone = registered?.has(endpoint as EndpointId) !== true || (said === undefined && !look.endpoints.has(endpoint));
      if (isGone) findings.delete(endpoint);
      else findings.set(endpoint, finding);
      if (said !== undefined && !isGone) endpoints.set(endpoint as EndpointId, said);
    }
    return endpoints;
  }

  #tellFleetWide(service: ServiceName, before: CallersView | undefined, { fleetWide, zonePairs }: CallersView): void {
    const { log } = this.#deps;
    if (fleetWide !== undefined && before?.fleetWide === undefined)
      log.warn("callers-in-trouble-everywhere", { service, because: fleetWide.because });
    for (const pair of zonePairs) {
      if (before?.zonePairs.includes(pair) !== true)
        log.warn("path-in-trouble", { service, from: pair.from, to: pair.to, because: pair.because });
    }
  }

  #tellDoubted(): void {
    const { log } = this.#deps;
    const before = this.doubted.value;
    const next = [...this.#heard].flatMap(([service, { doubted }]) => doubted.named.map((one) => ({ service, ...one })));
    const isSame = (one: DoubtedCaller, other: DoubtedCaller) =>
      one.service === other.service && one.caller === other.caller && one.kind === other.kind;
    const isNew = (one: DoubtedCaller) => !before.some((other) => isSame(one, other));
    const news = next.filter(isNew);
    if (news.length === 0 && next.length === before.length) return;
    for (const { service, caller, kind, because } of news) log.warn("caller-doubted", { service, caller, kind, because });
    this.doubted.set(next);
  }

  #pairs(): number {
    let pairs = 0;
    for (const heard of this.#heard.values()) pairs += heard.pairs.pairs;
    return pairs;
  }
}

function sameView(before: CallersView, next: CallersView): boolean {
  if (before.endpoints.size !== next.endpoints.size || before.fleetWide !== next.fleetWide || before.zonePairs !== next.zonePairs)
    return false;
  for (const [id, finding] of next.endpoints) if (before.endpoints.get(id) !== finding) return false;
  return true;
}
