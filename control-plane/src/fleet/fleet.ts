// Who is connected, and which version of what each one was sent, accepted or refused.

import type { Clock, Metrics } from "@fairlead/shared";
import type { Nack, StreamIdentity, StreamObserver } from "../xds/index.js";
import { exportFleetMetrics, FleetCounts } from "./fleet-metrics.js";
import { NameCounts, type Usage } from "./name-counts.js";
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
}

export interface Fleet {
  /** Give it to the xDS server. */
  readonly observer: StreamObserver;
  /** Connected streams in order of connecting, then those that ended within 10 minutes, the last 1,000 of them. */
  readonly nodes: readonly FleetStream[];
  /** The same, of one node. */
  streamsOf(nodeId: string): readonly FleetStream[];
  /** Who subscribes to a name now, in any type. */
  usage(name: string): Usage;
}

/** Long enough to see why a sidecar went, bounded for the day all of them do. */
const ENDED_MAX = 1_000;
const ENDED_FOR_MS = 600_000;

export function newFleet({ clock, metrics }: { readonly clock: Clock; readonly metrics: Metrics }): Fleet {
  const fleet = new LiveFleet(clock);
  exportFleetMetrics(metrics, { counts: fleet.counts, connected: () => fleet.connected(), clock });
  return fleet;
}

class LiveFleet implements Fleet, StreamObserver {
  readonly observer: StreamObserver = this;
  readonly counts = new FleetCounts();
  readonly #clock: Clock;
  readonly #connected = new Map<number, StreamRecord>();
  #ended: FleetStream[] = [];
  readonly #names = new NameCounts();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get nodes(): readonly FleetStream[] {
    this.#forgetOld();
    return [...this.connected()].map((record) => record.view(this.#clock.nowMs())).concat(this.#ended);
  }

  streamsOf(nodeId: string): readonly FleetStream[] {
    this.#forgetOld();
    const connected = [...this.connected()].filter((record) => record.identity.node.id === nodeId);
    return connected.map((record) => record.view(this.#clock.nowMs())).concat(this.#ended.filter((stream) => stream.nodeId === nodeId));
  }

  usage(name: string): Usage {
    return this.#names.usage(name);
  }

  connected(): Iterable<StreamRecord> {
    return this.#connected.values();
  }

  opened(stream: StreamIdentity): void {
    this.#connected.set(stream.streamId, new StreamRecord(stream, this.#clock.wallMs()));
  }

  closed(stream: StreamIdentity, reason: string): void {
    const record = this.#connected.get(stream.streamId);
    if (record === undefined) return;
    this.#connected.delete(stream.streamId);
    for (const { names, wildcard } of record.subscriptions()) this.#names.replace({ names, wildcard }, { names: [], wildcard: false });
    this.#ended.push(record.end(this.#clock, reason));
    if (this.#ended.length > ENDED_MAX) this.#ended = this.#ended.slice(-ENDED_MAX);
  }

  subscribed(stream: StreamIdentity, typeUrl: string, names: readonly string[], wildcard: boolean): void {
    const record = this.#connected.get(stream.streamId);
    if (record === undefined) return;
    this.#names.replace(record.subscribe(typeUrl, { names, wildcard }), { names, wildcard });
  }

  sent(stream: StreamIdentity, typeUrl: string, { nonce, version }: { readonly nonce: string; readonly version: string }): void {
    this.counts.add("responses", typeUrl);
    this.#connected.get(stream.streamId)?.sent(typeUrl, { nonce, version }, this.#clock);
  }

  acked(stream: StreamIdentity, typeUrl: string, _nonce: string, version: string): void {
    this.counts.add("acks", typeUrl);
    this.#connected.get(stream.streamId)?.acked(typeUrl, version, this.#clock.wallMs());
  }

  nacked(stream: StreamIdentity, typeUrl: string, nack: Nack): void {
    this.counts.add("nacks", typeUrl);
    this.#connected.get(stream.streamId)?.nacked(typeUrl, nack, this.#clock.wallMs());
  }

  gateExpired(_stream: StreamIdentity, typeUrl: string): void {
    this.counts.add("gatesExpired", typeUrl);
  }

  #forgetOld(): void {
    const oldestMs = this.#clock.wallMs() - ENDED_FOR_MS;
    this.#ended = this.#ended.filter((stream) => stream.ended !== undefined && stream.ended.atMs >= oldestMs);
  }
}
