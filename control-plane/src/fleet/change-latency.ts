// How long changes take to reach the clients: from the event to the snapshot, onto a stream, and to the client's ACK.

import { BucketCounts, type Metrics } from "@fairlead/shared";
import type { ResourceChange, StreamIdentity } from "../xds/index.js";

/** One change that a client has acknowledged. Milliseconds since the event. */
export interface ChangeTimes {
  readonly publishedMs: number;
  readonly sentMs: number;
  readonly ackedMs: number;
}

/** What a stream's client has acknowledged of changes; of what it was sent as a first answer nothing is counted. */
export interface FleetChanges {
  readonly last: ChangeTimes & {
    readonly typeUrl: string;
    /** Wall time of the event. */
    readonly eventAtMs: number;
  };
  /** Changes acknowledged on this stream. */
  readonly count: number;
  /** Of the last `of` of them: from the event to the ACK, in milliseconds. */
  readonly summary: { readonly of: number; readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };
}

/** Half a KiB per sidecar, and enough for a 99th percentile that is not the maximum. */
const KEPT = 128;

/** Made with a stream's first change; after that nothing is allocated. */
export class StreamChanges {
  readonly #totalsMs = new Float32Array(KEPT);
  #count = 0;
  #typeUrl = "";
  #eventMs = 0;
  #publishedMs = 0;
  #sentMs = 0;
  #ackedMs = 0;

  add(typeUrl: string, { eventMs, publishedMs }: ResourceChange, sentMs: number, ackedMs: number): void {
    this.#totalsMs[this.#count % KEPT] = ackedMs - eventMs;
    this.#count += 1;
    this.#typeUrl = typeUrl;
    this.#eventMs = eventMs;
    this.#publishedMs = publishedMs;
    this.#sentMs = sentMs;
    this.#ackedMs = ackedMs;
  }

  /** `wallOf` makes a wall time of a monotonic one. */
  view(wallOf: (monotonicMs: number) => number): FleetChanges {
    const totals = this.#totalsMs.slice(0, this.#count).sort();
    const rank = (share: number) => rounded(totals[Math.max(0, Math.ceil(totals.length * share) - 1)] ?? 0);
    const since = (ms: number) => rounded(ms - this.#eventMs);
    return {
      last: {
        typeUrl: this.#typeUrl,
        eventAtMs: wallOf(this.#eventMs),
        publishedMs: since(this.#publishedMs),
        sentMs: since(this.#sentMs),
        ackedMs: since(this.#ackedMs),
      },
      count: this.#count,
      summary: { of: totals.length, p50Ms: rank(0.5), p99Ms: rank(0.99), maxMs: rank(1) },
    };
  }
}

/** To a tenth of a millisecond, which is what a person can make something of. */
function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/** From a fan-out on a quiet machine to an old C-core, which reads its stream every 5 s while it is idle, and a sidecar that is stuck. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10, 30];

/** Kinds of clients whose habits differ; whatever they call themselves there are no more. */
const CLIENTS: readonly (readonly [prefix: string, label: string])[] = [
  ["fairlead", "fairlead"],
  ["envoy", "envoy"],
  ["gRPC Go", "grpc-go"],
  ["gRPC Java", "grpc-java"],
  ["gRPC C-core", "grpc-c-core"],
  ["gRPC Node", "grpc-node"],
];

export interface ChangePhases {
  /** From the snapshot to the stream. */
  readonly sent: BucketCounts;
  /** From the stream to the client's ACK. */
  readonly acked: BucketCounts;
  /** From the event to the client's ACK. */
  readonly total: BucketCounts;
}

/** The histograms over all streams, by kind of client. */
export class ChangeHistograms {
  readonly #byClient = new Map<string, ChangePhases>();

  constructor(metrics: Metrics) {
    const help =
      "Changes of what a client had: sent is from the snapshot to the stream, acked from the stream to the client's ACK, total from the event to the ACK.";
    metrics.sampledHistogram({ name: "xds_change_seconds", help, labels: ["phase", "client"], buckets: BUCKETS }, () =>
      [...this.#byClient].flatMap(([client, phases]) =>
        Object.entries(phases).map(([phase, counts]: [string, BucketCounts]) => ({ labels: { phase, client }, counts })),
      ),
    );
  }

  /** Those of a client's kind; ask once per stream. */
  of({ node }: StreamIdentity): ChangePhases {
    const client = CLIENTS.find(([prefix]) => node.userAgentName.startsWith(prefix))?.[1] ?? "other";
    let phases = this.#byClient.get(client);
    if (phases === undefined) {
      phases = { sent: new BucketCounts(BUCKETS), acked: new BucketCounts(BUCKETS), total: new BucketCounts(BUCKETS) };
      this.#byClient.set(client, phases);
    }
    return phases;
  }
}
