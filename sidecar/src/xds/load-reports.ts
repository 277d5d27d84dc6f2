// What this sidecar reports of the load on its upstreams (LRS), as a machine without I/O.

import {
  type ClusterStats,
  durationFromMs,
  type EndpointLoadMetricStats,
  type LoadStatsRequest,
  type LoadStatsResponse__Output,
  msFromDuration,
  structFrom,
  type UpstreamEndpointStats,
  type UpstreamLocalityStats,
} from "@fairlead/proto";
import {
  type Clock,
  ERROR_KINDS,
  type ErrorKind,
  errorMetric,
  FAIRLEAD_METADATA,
  LATENCY_METRIC,
  LATENCY_SKETCH,
  type LatencySketch,
} from "@fairlead/shared";
import type { EndpointState, UpstreamEndpoint } from "../endpoint/index.js";

/** One upstream as it is now. */
export interface UpstreamLoad {
  readonly service: string;
  readonly endpoints: readonly EndpointState[];
  /** Requests so far that were given up without choosing an endpoint. */
  readonly dropped: number;
}

export interface LoadReportsOptions {
  readonly node: { readonly id: string; readonly cluster: string; readonly zone: string };
  /** Of this program. */
  readonly version: string;
  readonly loads: () => readonly UpstreamLoad[];
  readonly clock: Clock;
}

/** A report to be sent. What it counts is counted again by the next one, unless `written` is called. */
export interface LoadReport {
  readonly message: LoadStatsRequest;
  readonly written: () => void;
}

/** A control plane that asks for more is asked itself for as much. */
const LEAST_INTERVAL_MS = 1_000;

interface PresentLoad extends UpstreamLoad {
  /** Endpoints that have left since they were last reported. */
  readonly left: readonly EndpointState[];
}

interface Totals {
  readonly issued: number;
  readonly succeeded: number;
  readonly failed: number;
  /** The same by why. */
  readonly errors: Readonly<Record<ErrorKind, number>>;
  /** Of all, those that got a connection. */
  readonly connected: number;
  readonly tookMs: number;
}

interface Known {
  readonly service: string;
  readonly reported: Totals;
}

const NOTHING: Totals = {
  issued: 0,
  succeeded: 0,
  failed: 0,
  errors: { connect: 0, timeout: 0, broken: 0, "5xx": 0 },
  connected: 0,
  tookMs: 0,
};

/** Outlives streams: counts are since the last report that was written, whichever stream it was written to. */
export class LoadReports {
  readonly #options: LoadReportsOptions;
  /** What of each endpoint has been reported; one that has left is kept until the rest of it is reported too. */
  readonly #known = new Map<EndpointState, Known>();
  readonly #dropped = new Map<string, number>();
  #reportedAtMs: number;
  #wanted: ReadonlySet<string> | undefined;
  #perEndpoint = true;

  constructor(options: LoadReportsOptions) {
    this.#options = options;
    this.#reportedAtMs = options.clock.nowMs();
  }

  /** The first message of a stream. */
  open(): LoadStatsRequest {
    const { id, cluster, zone } = this.#options.node;
    return {
      node: {
        id,
        cluster,
        locality: { zone },
        user_agent_name: "fairlead",
        user_agent_version: this.#options.version,
        client_features: ["envoy.lrs.supports_send_all_clusters"],
      },
    };
  }

  /** Takes what the control plane asks for. @returns how often */
  heard(response: LoadStatsResponse__Output): number {
    this.#wanted = response.send_all_clusters ? undefined : new Set(response.clusters);
    this.#perEndpoint = response.report_endpoint_granularity;
    const { load_reporting_interval: interval } = response;
    return Math.max(LEAST_INTERVAL_MS, interval === null ? 0 : msFromDuration(interval));
  }

  next(): LoadReport {
    const { clock } = this.#options;
    const nowMs = clock.nowMs();
    const load_report_interval = durationFromMs(nowMs - this.#reportedAtMs);
    const commits: (() => void)[] = [];
    const cluster_stats = this.#present()
      .filter(({ service }) => this.#wanted?.has(service) !== false)
      .flatMap((load) => this.#statsOf(load, commits) ?? [])
      .map((stats) => ({ ...stats, load_report_interval }));
    const written = () => {
      this.#reportedAtMs = nowMs;
      for (const commit of commits) commit();
    };
    return { message: { cluster_stats }, written };
  }

  /** Every upstream with its endpoints, those among them that have left since they were last reported. */
  #present(): readonly PresentLoad[] {
    const loads = this.#options.loads();
    for (const { service, endpoints } of loads) {
      for (const state of endpoints) if (!this.#known.has(state)) this.#known.set(state, { service, reported: NOTHING });
    }
    const here = new Set(loads.flatMap(({ endpoints }) => endpoints));
    const left = [...this.#known].filter(([state]) => !here.has(state));
    return loads.map((load) => ({ ...load, left: left.filter(([, { service }]) => service === load.service).map(([state]) => state) }));
  }

  #statsOf(load: PresentLoad, commits: (() => void)[]): ClusterStats | undefined {
    const dropped = load.dropped - (this.#dropped.get(load.service) ?? 0);
    const localities = new Map<string, { readonly at: UpstreamEndpoint; readonly stats: UpstreamEndpointStats[] }>();
    for (const state of [...load.endpoints, ...load.left]) {
      const totals = totalsOf(state);
      const isOver = load.left.includes(state) && state.inFlight === 0;
      const latencies = state.latencies?.copy();
      commits.push(() => {
        if (latencies !== undefined) state.latencies?.merge(latencies, -1);
        if (isOver) this.#known.delete(state);
        else this.#known.set(state, { service: load.service, reported: totals });
      });
      const stats = endpointStats(state, { now: totals, before: this.#known.get(state)?.reported ?? NOTHING, latencies });
      if (stats === undefined) continue;
      const key = JSON.stringify([state.endpoint.zone, state.endpoint.priority]);
      const locality = localities.get(key);
      if (locality === undefined) localities.set(key, { at: state.endpoint, stats: [stats] });
      else locality.stats.push(stats);
    }
    if (localities.size === 0 && dropped === 0) return undefined;
    commits.push(() => this.#dropped.set(load.service, load.dropped));
    const upstream_locality_stats = [...localities.values()].map(({ at, stats }) => localityStats(at, stats, this.#perEndpoint));
    return { cluster_name: load.service, upstream_locality_stats, total_dropped_requests: dropped };
  }
}

function totalsOf(state: EndpointState): Totals {
  const { successes: succeeded, tookMs } = state;
  const failed = state.failures + state.connectFailuresTotal;
  return {
    issued: succeeded + failed + state.cancelled + state.inFlight,
    succeeded,
    failed,
    errors: {
      connect: state.connectFailuresTotal,
      timeout: state.timeouts,
      broken: state.broken,
      "5xx": state.failures - state.timeouts - state.broken,
    },
    connected: succeeded + state.failures,
    tookMs,
  };
}

interface Counted {
  readonly now: Totals;
  readonly before: Totals;
  /** Of the tries in between. */
  readonly latencies: LatencySketch | undefined;
}

/** Undefined where nothing happened. */
function endpointStats({ endpoint, inFlight }: EndpointState, { now, before, latencies }: Counted): UpstreamEndpointStats | undefined {
  const issued = now.issued - before.issued;
  const [succeeded, failed] = [now.succeeded - before.succeeded, now.failed - before.failed];
  if (issued + succeeded + failed + inFlight === 0) return undefined;
  return {
    address: { socket_address: { address: endpoint.ip, port_value: endpoint.port } },
    total_issued_requests: issued,
    total_successful_requests: succeeded,
    total_error_requests: failed,
    total_requests_in_progress: inFlight,
    load_metric_stats: [
      metricStats(LATENCY_METRIC, now.connected - before.connected, now.tookMs - before.tookMs),
      ...ERROR_KINDS.map((kind) => {
        const count = now.errors[kind] - before.errors[kind];
        return metricStats(errorMetric(kind), count, count);
      }),
    ].flat(),
    ...(latencies === undefined || latencies.count === 0
      ? {}
      : { metadata: structFrom({ [FAIRLEAD_METADATA]: { [LATENCY_SKETCH]: latencies.encode() } }) }),
  };
}

/** None where no request finished with it. */
function metricStats(metric_name: string, requests: number, total_metric_value: number): readonly EndpointLoadMetricStats[] {
  return requests === 0 ? [] : [{ metric_name, num_requests_finished_with_metric: requests, total_metric_value }];
}

function localityStats(at: UpstreamEndpoint, endpoints: readonly UpstreamEndpointStats[], perEndpoint: boolean): UpstreamLocalityStats {
  const sum = (read: (stats: UpstreamEndpointStats) => number | undefined) =>
    endpoints.reduce((total, stats) => total + (read(stats) ?? 0), 0);
  return {
    locality: { zone: at.zone },
    priority: at.priority,
    total_issued_requests: sum((stats) => stats.total_issued_requests),
    total_successful_requests: sum((stats) => stats.total_successful_requests),
    total_error_requests: sum((stats) => stats.total_error_requests),
    total_requests_in_progress: sum((stats) => stats.total_requests_in_progress),
    upstream_endpoint_stats: perEndpoint ? [...endpoints] : [],
  };
}
