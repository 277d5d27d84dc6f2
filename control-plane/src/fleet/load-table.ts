// What clients report of the load on services: one bounded table by service, place and reporter.

import { type Clock, ERROR_KINDS, type ErrorKind, errorMetric, LatencySketch, type Log, type Metrics } from "@fairlead/shared";
import type { ClusterLoad, LoadMetric, LoadPlace, LoadReporter, PlaceLoad } from "../xds/index.js";
import { type Counts, DecayedCounts, type Rates } from "./decayed-counts.js";
import { hostOf, identityOf } from "./identity.js";
import { exportLoadMetrics, type Unkept } from "./load-metrics.js";
import { type Latencies, LoadSum, NO_ERRORS, type Reported } from "./load-sum.js";

/** What all reporters together say of a service, or of one endpoint. */
export interface SummedLoad {
  readonly perSecond: Rates;
  readonly inProgress: number;
  /** Clients that reported on it within the last minute. */
  readonly reporters: number;
  /** Since it was first reported on. */
  readonly requests: number;
  readonly errors: Readonly<Record<ErrorKind, number>>;
  /** Undefined where no reporter is a sidecar of ours. */
  readonly latencies: Latencies | undefined;
}

/** One endpoint of a service. */
export interface EndpointLoad extends SummedLoad {
  readonly endpoint: string;
}

/** The load on one service. Times are wall milliseconds. */
export interface ServiceLoad extends SummedLoad {
  readonly service: string;
  readonly lastReportMs: number;
  /** When a report last told of a request; undefined while none has. */
  readonly lastCallMs: number | undefined;
}

/** What one client reports of one place of a service. */
export interface LoadRow {
  readonly place: LoadPlace;
  readonly nodeId: string;
  readonly userAgent: string;
  readonly host: string;
  readonly perSecond: Rates;
  readonly inProgress: number;
  /** Of the last report that had any. */
  readonly metrics: readonly LoadMetric[];
  readonly lastReportMs: number;
}

export interface Loads {
  readonly entries: number;
  readonly entriesMax: number;
  /** Streams of load reports open now. */
  readonly streams: number;
  /** What was reported and not kept, since the start, by reason. */
  readonly unkept: Readonly<Record<Unkept, number>>;
  /** Services with a report within the last quarter of an hour, by name. */
  services(): readonly ServiceLoad[];
  of(service: string): ServiceLoad | undefined;
  /** Endpoints with a report within the last minute, by what is busiest, `max` at most. */
  endpoints(service: string, max: number): readonly EndpointLoad[];
  /** By what is busiest, `max` at most. */
  rows(service: string, max: number): readonly LoadRow[];
  /** Wall time since when nobody has reported a request to it; not before this process listens. */
  quietSinceMs(service: string): number;
}

export interface LoadTableDeps {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Whether there is such a service: clients report on clusters of their own too. */
  readonly knows: (service: string) => boolean;
  readonly limits: typeof LOAD_LIMITS;
}

export const LOAD_LIMITS = {
  /** About 50 MB: 1,000 clients that call 100 endpoints each. Beyond it a service's sum is right, and its detail incomplete. */
  entries: 100_000,
  /** No client calls more endpoints than the largest services have: one that makes them up takes no more than this from the others. */
  perReporter: 10_000,
  /** With latencies about 30 MB. An endpoint beyond it is in its service's sum and in the detail by reporter. */
  endpoints: 20_000,
};
/** Twelve reports at the usual interval. Clients leave out places without a request. */
const ENTRY_EXPIRES_MS = 60_000;
/** Longer than a service without calls is retired after. */
const SERVICE_EXPIRES_MS = 900_000;
const SWEEP_EVERY_MS = 10_000;
/** A client may claim any window: a tiny one would be any rate. */
const WINDOW_MS = { least: 1_000, most: 3_600_000, assumed: 10_000 };

interface Entry {
  readonly place: LoadPlace;
  readonly reporter: string;
  readonly nodeId: string;
  readonly userAgent: string;
  readonly host: string;
  readonly counts: DecayedCounts;
  inProgress: number;
  metrics: readonly LoadMetric[];
  /** Monotonic, for ages; wall, for people. */
  atMs: number;
  wallMs: number;
}

interface ServiceEntry {
  readonly sum: LoadSum;
  readonly entries: Map<string, Entry>;
  readonly endpoints: Map<string, LoadSum>;
  lastReportMs: number;
  lastCallMs: number | undefined;
}

const NOTHING: Counts = { issued: 0, succeeded: 0, failed: 0, dropped: 0 };

export class LoadTable implements Loads {
  readonly entriesMax: number;
  readonly unkept: Record<Unkept, number> = {
    "unknown-service": 0,
    full: 0,
    "reporter-full": 0,
    "endpoints-full": 0,
    "bad-latencies": 0,
  };
  readonly #deps: LoadTableDeps;
  readonly #services = new Map<string, ServiceEntry>();
  readonly #perReporter = new Map<string, number>();
  readonly #startedMs: number;
  #streams = 0;
  #entries = 0;
  #endpoints = 0;
  #reports = 0;
  #sweptMs = 0;

  constructor(deps: LoadTableDeps) {
    this.#deps = deps;
    this.entriesMax = deps.limits.entries;
    this.#startedMs = deps.clock.wallMs();
    exportLoadMetrics(deps.metrics, {
      table: this,
      reports: () => this.#reports,
      sums: () => [...this.#services].map(([service, { sum }]) => [service, sum] as const),
    });
  }

  get entries(): number {
    this.#sweep();
    return this.#entries;
  }

  get streams(): number {
    return this.#streams;
  }

  opened(): void {
    this.#streams += 1;
  }

  closed(): void {
    this.#streams -= 1;
  }

  reported(reporter: LoadReporter, loads: readonly ClusterLoad[]): void {
    this.#sweep();
    this.#reports += 1;
    for (const load of loads) {
      if (this.#deps.knows(load.cluster)) this.#keep(reporter, load);
      else this.unkept["unknown-service"] += 1;
    }
  }

  services(): readonly ServiceLoad[] {
    return [...this.#services.keys()].sort().flatMap((service) => this.of(service) ?? []);
  }

  of(service: string): ServiceLoad | undefined {
    this.#sweep();
    const found = this.#services.get(service);
    if (found === undefined) return undefined;
    return {
      service,
      ...summed(found.sum, [...found.entries.values()], this.#deps.clock.nowMs()),
      lastReportMs: found.lastReportMs,
      lastCallMs: found.lastCallMs,
    };
  }

  endpoints(service: string, max: number): readonly EndpointLoad[] {
    this.#sweep();
    const found = this.#services.get(service);
    if (found === undefined) return [];
    const nowMs = this.#deps.clock.nowMs();
    const entries = new Map<string, Entry[]>([...found.endpoints.keys()].map((endpoint) => [endpoint, []]));
    for (const entry of found.entries.values()) entries.get(entry.place.endpoint ?? "")?.push(entry);
    const loads = [...found.endpoints].map(([endpoint, sum]) => ({ endpoint, ...summed(sum, entries.get(endpoint) ?? [], nowMs) }));
    return loads.sort((one, other) => other.perSecond.issued - one.perSecond.issued).slice(0, max);
  }

  rows(service: string, max: number): readonly LoadRow[] {
    this.#sweep();
    const nowMs = this.#deps.clock.nowMs();
    const rows = [...(this.#services.get(service)?.entries.values() ?? [])].map((entry) => rowOf(entry, nowMs));
    return rows.sort((one, other) => other.perSecond.issued - one.perSecond.issued).slice(0, max);
  }

  quietSinceMs(service: string): number {
    return Math.max(this.#startedMs, this.#services.get(service)?.lastCallMs ?? 0);
  }

  #keep(reporter: LoadReporter, load: ClusterLoad): void {
    const { clock } = this.#deps;
    const nowMs = clock.nowMs();
    const service = this.#serviceOf(load.cluster);
    const windowMs = Math.min(WINDOW_MS.most, Math.max(WINDOW_MS.least, load.windowMs ?? WINDOW_MS.assumed));
    const total = { ...NOTHING, dropped: load.dropped };
    const errors = { ...NO_ERRORS };
    let latencies: LatencySketch | undefined;
    let inProgress = 0;
    for (const place of load.places) {
      total.issued += place.issued;
      total.succeeded += place.succeeded;
      total.failed += place.failed;
      inProgress += place.inProgress;
      this.#keepPlace(service, reporter, { ...place, windowMs });
      const reported = { counts: { ...place, dropped: 0 }, errors: errorsOf(place), latencies: this.#latenciesOf(place, reporter) };
      for (const kind of ERROR_KINDS) errors[kind] += reported.errors[kind];
      if (place.place.endpoint !== undefined) this.#keepEndpoint(service, place.place.endpoint, { ...reported, windowMs });
      if (latencies === undefined) latencies = reported.latencies;
      else if (reported.latencies !== undefined) latencies.merge(reported.latencies);
    }
    // Clients report at different times: each adds its share to a sum that fades on its own.
    service.sum.add({ counts: total, errors, latencies }, windowMs, nowMs);
    service.lastReportMs = clock.wallMs();
    if (total.issued + total.dropped + inProgress > 0) service.lastCallMs = clock.wallMs();
  }

  #serviceOf(name: string): ServiceEntry {
    let service = this.#services.get(name);
    if (service === undefined) {
      service = { sum: new LoadSum(), entries: new Map(), endpoints: new Map(), lastReportMs: 0, lastCallMs: undefined };
      this.#services.set(name, service);
    }
    return service;
  }

  #keepPlace({ entries }: ServiceEntry, reporter: LoadReporter, load: PlaceLoad & { readonly windowMs: number }): void {
    const { clock } = this.#deps;
    const identity = identityOf(reporter);
    const key = JSON.stringify([load.place.endpoint ?? load.place, identity]);
    let entry = entries.get(key);
    if (entry === undefined) {
      if (!this.#hasRoom(identity)) return;
      entry = newEntry(reporter, load.place);
      entries.set(key, entry);
    }
    entry.counts.add({ ...load, dropped: 0 }, load.windowMs, clock.nowMs());
    entry.inProgress = load.inProgress;
    if (load.metrics.length > 0) entry.metrics = load.metrics;
    entry.atMs = clock.nowMs();
    entry.wallMs = clock.wallMs();
  }

  #keepEndpoint({ endpoints }: ServiceEntry, endpoint: string, { windowMs, ...reported }: Reported & { readonly windowMs: number }): void {
    let sum = endpoints.get(endpoint);
    if (sum === undefined) {
      if (this.#endpoints >= this.#deps.limits.endpoints) {
        this.unkept["endpoints-full"] += 1;
        return;
      }
      this.#endpoints += 1;
      sum = new LoadSum();
      endpoints.set(endpoint, sum);
    }
    sum.add(reported, windowMs, this.#deps.clock.nowMs());
  }

  /** A sketch that cannot be read is lost alone: the counts beside it are kept. */
  #latenciesOf({ latencies, place }: PlaceLoad, { node }: LoadReporter): LatencySketch | undefined {
    if (latencies === undefined) return undefined;
    const sketch = LatencySketch.decode(latencies);
    if (sketch.ok) return sketch.value;
    // Once: who sends one sends one with every report, and the count says how many there were.
    if (this.unkept["bad-latencies"] === 0) {
      this.#deps.log.warn("load-latencies-refused", { node: node.id, endpoint: place.endpoint, cause: sketch.error });
    }
    this.unkept["bad-latencies"] += 1;
    return undefined;
  }

  #hasRoom(identity: string): boolean {
    const own = this.#perReporter.get(identity) ?? 0;
    const { entries, perReporter } = this.#deps.limits;
    const reason = this.#entries >= entries ? "full" : own >= perReporter ? "reporter-full" : undefined;
    if (reason !== undefined) {
      this.unkept[reason] += 1;
      return false;
    }
    this.#entries += 1;
    this.#perReporter.set(identity, own + 1);
    return true;
  }

  #sweep(): void {
    const nowMs = this.#deps.clock.nowMs();
    if (nowMs - this.#sweptMs < SWEEP_EVERY_MS) return;
    this.#sweptMs = nowMs;
    for (const [name, service] of this.#services) {
      for (const [key, entry] of service.entries) if (nowMs - entry.atMs > ENTRY_EXPIRES_MS) this.#drop(service, key, entry);
      for (const [endpoint, { atMs }] of service.endpoints) if (nowMs - atMs > ENTRY_EXPIRES_MS) this.#dropEndpoint(service, endpoint);
      if (nowMs - service.sum.atMs <= SERVICE_EXPIRES_MS && this.#deps.knows(name)) continue;
      for (const [key, entry] of service.entries) this.#drop(service, key, entry);
      for (const endpoint of service.endpoints.keys()) this.#dropEndpoint(service, endpoint);
      this.#services.delete(name);
    }
  }

  #dropEndpoint({ endpoints }: ServiceEntry, endpoint: string): void {
    endpoints.delete(endpoint);
    this.#endpoints -= 1;
  }

  #drop({ entries }: ServiceEntry, key: string, { reporter }: Entry): void {
    entries.delete(key);
    this.#entries -= 1;
    const left = (this.#perReporter.get(reporter) ?? 1) - 1;
    if (left === 0) this.#perReporter.delete(reporter);
    else this.#perReporter.set(reporter, left);
  }
}

function newEntry({ node, peer }: LoadReporter, place: LoadPlace): Entry {
  return {
    place,
    reporter: identityOf({ node, peer }),
    nodeId: node.id,
    userAgent: [node.userAgentName, node.userAgentVersion].filter((part) => part !== "").join(" "),
    host: hostOf(peer),
    counts: new DecayedCounts(),
    inProgress: 0,
    metrics: [],
    atMs: 0,
    wallMs: 0,
  };
}

function rowOf({ place, nodeId, userAgent, host, counts, inProgress, metrics, wallMs }: Entry, nowMs: number): LoadRow {
  return { place, nodeId, userAgent, host, perSecond: counts.rates(nowMs), inProgress, metrics, lastReportMs: wallMs };
}

function summed(sum: LoadSum, entries: readonly Entry[], nowMs: number): SummedLoad {
  return {
    perSecond: sum.counts.rates(nowMs),
    inProgress: entries.reduce((total, entry) => total + entry.inProgress, 0),
    reporters: new Set(entries.map(({ reporter }) => reporter)).size,
    requests: sum.totals.issued,
    errors: sum.errors,
    latencies: sum.latencies,
  };
}

/** Why requests failed, where the reporter tells: it is named metrics to everybody else. */
function errorsOf({ metrics }: PlaceLoad): Readonly<Record<ErrorKind, number>> {
  const errors = { ...NO_ERRORS };
  for (const kind of ERROR_KINDS) errors[kind] = metrics.find(({ name }) => name === errorMetric(kind))?.requests ?? 0;
  return errors;
}
