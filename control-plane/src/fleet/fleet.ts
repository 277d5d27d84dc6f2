// Who is connected, and which version of what each one was sent, accepted or refused.

import type { Clock, Log, Metrics } from "@fairlead/shared";
import type { ClusterLoad, LoadObserver, LoadReporter, Nack, SentResponse, StreamIdentity, StreamObserver } from "../xds/index.js";
import { ChangeHistograms, type FleetChanges } from "./change-latency.js";
import { exportFleetMetrics, FleetCounts } from "./fleet-metrics.js";
import { identityOf } from "./identity.js";
import { LOAD_LIMITS, type Loads, LoadTable } from "./load-table.js";
import { NameCounts, type Subscribed, type Usage } from "./name-counts.js";
import { ReportingClients } from "./reporting-clients.js";
import { StreamRecord } from "./stream-record.js";

/** One type on one stream. Times are wall milliseconds. */
export interface FleetType {
  readonly typeUrl: string;
  /** `names` are the first 100 of `count`. */
  readonly subscribed: { readonly count: number; readonly names: readonly string[]; readonly wildcard: boolean };
  readonly sent: { readonly version: string; readonly nonce: string; readonly atMs: number } | undefined;
  readonly acked: { readonly version: string; readonly atMs: number } | undefined;
  /** The last NACK; `count` is how many there were on this stream. */
  readonly nack: FleetNack | undefined;
  /** How long the last response has been without an answer; undefined where there is none to wait for. */
  readonly unansweredMs: number | undefined;
}

export interface FleetNack {
  readonly reason: string;
  /** Names the client itself refused; empty where it did not say. */
  readonly resources: readonly string[];
  /** Type version of the refused response. */
  readonly version: string;
  readonly atMs: number;
  readonly count: number;
}

export interface FleetStream {
  /** Unique within this process. */
  readonly streamId: number;
  readonly nodeId: string;
  readonly cluster: string;
  readonly zone: string;
  /** Name and version, as the client gives them. */
  readonly userAgent: string;
  readonly peer: string;
  /** The name in its certificate; undefined without one. */
  readonly identity: string | undefined;
  readonly variant: "sotw" | "delta";
  readonly connectedAtMs: number;
  /** Undefined while connected. */
  readonly ended: { readonly atMs: number; readonly reason: string } | undefined;
  readonly types: readonly FleetType[];
  /** How long changes took to arrive; undefined before the first. */
  readonly changes: FleetChanges | undefined;
}

export interface Fleet {
  /** Give it to the xDS server. */
  readonly observer: StreamObserver;
  readonly loadObserver: LoadObserver;
  /** Connected streams in order of connecting, then those that ended within 10 minutes, the last 1,000 of them. */
  readonly nodes: readonly FleetStream[];
  /** The same, of one node. */
  streamsOf(nodeId: string): readonly FleetStream[];
  /** What clients report of the load. */
  readonly loads: Loads;
  /** Who subscribes to a name now, in any type, without reporting what it calls; and since when nobody has reported a request. */
  usage(name: string): Usage;
}

/** Long enough to see why a sidecar went, bounded for the day all of them do. */
const ENDED_MAX = 1_000;
const ENDED_FOR_MS = 600_000;

const NOBODY: Subscribed = { names: [], wildcard: false };

export interface FleetDeps {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Whether there is such a service: load on others is not kept. */
  readonly knows: (service: string) => boolean;
}

export function newFleet({ clock, metrics, log, knows }: FleetDeps): Fleet {
  const fleet = new LiveFleet(clock, new LoadTable({ clock, metrics, log, knows, limits: LOAD_LIMITS }), new ChangeHistograms(metrics));
  exportFleetMetrics(metrics, { counts: fleet.counts, connected: () => fleet.connected(), clock });
  return fleet;
}

class LiveFleet implements Fleet, StreamObserver {
  readonly observer: StreamObserver = this;
  readonly counts = new FleetCounts();
  readonly #clock: Clock;
  readonly #connected = new Map<number, StreamRecord>();
  #ended: FleetStream[] = [];
  /** Of the streams whose client does not report what it calls. */
  readonly #names = new NameCounts();
  readonly #byClient = new Map<string, Set<StreamRecord>>();
  readonly #reporting: ReportingClients;
  readonly #histograms: ChangeHistograms;
  readonly loads: LoadTable;
  readonly loadObserver: LoadObserver;

  constructor(clock: Clock, loads: LoadTable, histograms: ChangeHistograms) {
    this.#clock = clock;
    this.#histograms = histograms;
    this.loads = loads;
    this.#reporting = new ReportingClients(clock, (client, reports) => {
      for (const record of this.#byClient.get(client) ?? []) if (reportsEveryCall(record.identity)) this.#count(record, reports ? -1 : 1);
    });
    this.loadObserver = {
      opened: (reporter: LoadReporter) => {
        this.#reporting.opened(reporter);
        loads.opened();
      },
      closed: (reporter: LoadReporter) => {
        this.#reporting.closed(reporter);
        loads.closed();
      },
      reported: (reporter: LoadReporter, clusters: readonly ClusterLoad[]) => loads.reported(reporter, clusters),
    };
  }

  get nodes(): readonly FleetStream[] {
    this.#forgetOld();
    return [...this.connected()].map((record) => record.view(this.#clock)).concat(this.#ended);
  }

  streamsOf(nodeId: string): readonly FleetStream[] {
    this.#forgetOld();
    const connected = [...this.connected()].filter((record) => record.identity.node.id === nodeId);
    return connected.map((record) => record.view(this.#clock)).concat(this.#ended.filter((stream) => stream.nodeId === nodeId));
  }

  usage(name: string): Usage {
    this.#reporting.settle();
    return { ...this.#names.covering(name), quietSinceMs: this.loads.quietSinceMs(name) };
  }

  /** Whether a client is taken to call what it subscribes to: it does not report its load, or not all of it. */
  #countsAsCalling(stream: StreamIdentity): boolean {
    return !this.#reporting.has(identityOf(stream)) || !reportsEveryCall(stream);
  }

  connected(): Iterable<StreamRecord> {
    return this.#connected.values();
  }

  opened(stream: StreamIdentity): void {
    const record = new StreamRecord(stream, this.#clock.wallMs(), this.#histograms.of(stream));
    this.#connected.set(stream.streamId, record);
    const client = identityOf(stream);
    const streams = this.#byClient.get(client);
    if (streams === undefined) this.#byClient.set(client, new Set([record]));
    else streams.add(record);
  }

  closed(stream: StreamIdentity, reason: string): void {
    const record = this.#connected.get(stream.streamId);
    if (record === undefined) return;
    this.#connected.delete(stream.streamId);
    const client = identityOf(stream);
    if (this.#countsAsCalling(stream)) this.#count(record, -1);
    const streams = this.#byClient.get(client);
    streams?.delete(record);
    if (streams?.size === 0) this.#byClient.delete(client);
    this.#ended.push(record.end(this.#clock, reason));
    if (this.#ended.length > ENDED_MAX) this.#ended = this.#ended.slice(-ENDED_MAX);
  }

  subscribed(stream: StreamIdentity, typeUrl: string, names: readonly string[], wildcard: boolean): void {
    const record = this.#connected.get(stream.streamId);
    if (record === undefined) return;
    const before = record.subscribe(typeUrl, { names, wildcard });
    if (this.#countsAsCalling(stream)) this.#names.replace(before, { names, wildcard });
  }

  sent(stream: StreamIdentity, typeUrl: string, response: SentResponse): void {
    this.counts.add("responses", typeUrl);
    this.#connected.get(stream.streamId)?.sent(typeUrl, response, this.#clock);
  }

  acked(stream: StreamIdentity, typeUrl: string, _nonce: string, version: string): void {
    this.counts.add("acks", typeUrl);
    this.#connected.get(stream.streamId)?.acked(typeUrl, version, this.#clock);
  }

  nacked(stream: StreamIdentity, typeUrl: string, nack: Nack): void {
    this.counts.add("nacks", typeUrl);
    this.#connected.get(stream.streamId)?.nacked(typeUrl, nack, this.#clock.wallMs());
  }

  gateExpired(_stream: StreamIdentity, typeUrl: string): void {
    this.counts.add("gatesExpired", typeUrl);
  }

  #count(record: StreamRecord, by: 1 | -1): void {
    for (const subscribed of record.subscriptions()) {
      if (by === 1) this.#names.replace(NOBODY, subscribed);
      else this.#names.replace(subscribed, NOBODY);
    }
  }

  #forgetOld(): void {
    const oldestMs = this.#clock.wallMs() - ENDED_FOR_MS;
    this.#ended = this.#ended.filter((stream) => stream.ended !== undefined && stream.ended.atMs >= oldestMs);
  }
}

/**
 * A gRPC client does not report a call that finds no endpoint, and some never recover from a Listener that is withdrawn while they
 * call it (invariant 9): their reports do not end what their subscription says.
 */
function reportsEveryCall({ node }: StreamIdentity): boolean {
  return !node.userAgentName.startsWith("gRPC");
}
