// What clients report of the load on services: one bounded table by service, place and reporter.

import type { Clock, Metrics } from "@fairlead/shared";
import type { ClusterLoad, LoadMetric, LoadPlace, LoadReporter, PlaceLoad } from "../xds/index.js";
import { type Counts, DecayedCounts, type Rates } from "./decayed-counts.js";
import { hostOf, identityOf } from "./identity.js";
import { exportLoadMetrics, type Unkept } from "./load-metrics.js";

/** The load on one service. Times are wall milliseconds. */
export interface ServiceLoad {
  readonly service: string;
  readonly perSecond: Rates;
  readonly inProgress: number;
  /** Clients that reported on it within the last minute. */
  readonly reporters: number;
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
  /** By what is busiest, `max` at most. */
  rows(service: string, max: number): readonly LoadRow[];
  /** Wall time since when nobody has reported a request to it; not before this process listens. */
  quietSinceMs(service: string): number;
}

export interface LoadTableDeps {
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Whether there is such a service: clients report on clusters of their own too. */
  readonly knows: (service: string) => boolean;
  readonly limits: typeof LOAD_LIMITS;
}

export const LOAD_LIMITS = {
  /** About 50 MB: 1,000 clients that call 100 endpoints each. Beyond it a service's sum is right, and its detail incomplete. */
  entries: 100_000,
  /** No client calls more endpoints than the largest services have: one that makes them up takes no more than this from the others. */
  perReporter: 10_000,
};
/** Six reports at the usual interval. Clients leave out places without a request. */
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
  readonly counts: DecayedCounts;
  readonly entries: Map<string, Entry>;
  readonly totals: { issued: number; succeeded: number; failed: number; dropped: number };
  atMs: number;
  lastReportMs: number;
  lastCallMs: number | undefined;
}

const NOTHING: Counts = { issued: 0, succeeded: 0, failed: 0, dropped: 0 };

export class LoadTable implements Loads {
  readonly entriesMax: number;
  readonly unkept: Record<Unkept, number> = { "unknown-service": 0, full: 0, "reporter-full": 0 };
  readonly #deps: LoadTableDeps;
  readonly #services = new Map<string, ServiceEntry>();
  readonly #perReporter = new Map<string, number>();
  readonly #startedMs: number;
  #streams = 0;
  #entries = 0;
  #reports = 0;
  #sweptMs = 0;

  constructor(deps: LoadTableDeps) {
    this.#deps = deps;
    this.entriesMax = deps.limits.entries;
    this.#startedMs = deps.clock.wallMs();
    exportLoadMetrics(deps.metrics, {
      table: this,
      reports: () => this.#reports,
      totals: () => [...this.#services].map(([service, { totals }]) => ({ service, totals })),
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
    const entries = [...found.entries.values()];
    return {
      service,
      perSecond: found.counts.rates(this.#deps.clock.nowMs()),
      inProgress: entries.reduce((sum, entry) => sum + entry.inProgress, 0),
      reporters: new Set(entries.map(({ reporter }) => reporter)).size,
      lastReportMs: found.lastReportMs,
      lastCallMs: found.lastCallMs,
    };
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
    let inProgress = 0;
    for (const place of load.places) {
      total.issued += place.issued;
      total.succeeded += place.succeeded;
      total.failed += place.failed;
      inProgress += place.inProgress;
      this.#keepPlace(service, reporter, { ...place, windowMs });
    }
    // Clients report at different times: each adds its share to a sum that fades on its own.
    service.counts.add(total, windowMs, nowMs);
    for (const key of ["issued", "succeeded", "failed", "dropped"] as const) service.totals[key] += total[key];
    service.atMs = nowMs;
    service.lastReportMs = clock.wallMs();
    if (total.issued + total.dropped + inProgress > 0) service.lastCallMs = clock.wallMs();
  }

  #serviceOf(name: string): ServiceEntry {
    let service = this.#services.get(name);
    if (service === undefined) {
      service = {
        counts: new DecayedCounts(),
        entries: new Map(),
        totals: { ...NOTHING },
        atMs: 0,
        lastReportMs: 0,
        lastCallMs: undefined,
      };
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
      if (nowMs - service.atMs <= SERVICE_EXPIRES_MS && this.#deps.knows(name)) continue;
      for (const [key, entry] of service.entries) this.#drop(service, key, entry);
      this.#services.delete(name);
    }
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
