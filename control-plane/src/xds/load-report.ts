// A load report as the other rooms see it: what a client did to each service, by place.

import {
  type ClusterStats__Output,
  msFromDuration,
  type UpstreamEndpointStats__Output,
  type UpstreamLocalityStats__Output,
} from "@fairlead/proto";
import { FAIRLEAD_METADATA, LATENCY_SKETCH } from "@fairlead/shared";
import type { XdsLimits } from "./limits.js";
import type { XdsNode } from "./resource-set.js";

/** Who reports. */
export interface LoadReporter {
  /** Unique among the streams of load reports of this process. */
  readonly streamId: number;
  readonly node: XdsNode;
  readonly peer: string;
}

/** Where requests went: an endpoint where the client tells them apart, otherwise a locality. */
export interface LoadPlace {
  /** `ip:port`. */
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
  readonly priority: number;
}

/** A named metric of the client's own choice, such as a latency, over the requests that finished with it. */
export interface LoadMetric {
  readonly name: string;
  readonly requests: number;
  readonly total: number;
}

/** Counts since the report before, `inProgress` now. */
export interface PlaceLoad {
  readonly place: LoadPlace;
  readonly issued: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly inProgress: number;
  readonly metrics: readonly LoadMetric[];
  /** What our sidecars say of an endpoint's latencies, as it came; undefined where a client says nothing of them. */
  readonly latencies: string | undefined;
}

export interface ClusterLoad {
  readonly cluster: string;
  /** The span the counts cover; undefined where the client does not say. */
  readonly windowMs: number | undefined;
  /** Requests the client gave up without choosing an endpoint. */
  readonly dropped: number;
  readonly places: readonly PlaceLoad[];
}

/** What is reported, told to whoever keeps it. Called synchronously; must not throw. */
export interface LoadObserver {
  opened(reporter: LoadReporter): void;
  closed(reporter: LoadReporter): void;
  reported(reporter: LoadReporter, loads: readonly ClusterLoad[]): void;
}

/** What a client chooses to name; more tells nobody anything and costs an entry's memory. */
const METRICS_MAX = 8;

/** Names longer than the limit are somebody else's: their cluster or place is left out. */
export function readClusterLoad(stats: ClusterStats__Output, { nameBytes }: XdsLimits): ClusterLoad | undefined {
  if (stats.cluster_name === "" || stats.cluster_name.length > nameBytes) return undefined;
  const byCategory = stats.dropped_requests.reduce((sum, { dropped_count }) => sum + dropped_count, 0);
  const places = stats.upstream_locality_stats.flatMap(placesOf);
  return {
    cluster: stats.cluster_name,
    windowMs: stats.load_report_interval === null ? undefined : msFromDuration(stats.load_report_interval),
    dropped: Math.max(stats.total_dropped_requests, byCategory),
    places: places.filter(({ place }) => Object.values(place).every((part) => typeof part !== "string" || part.length <= nameBytes)),
  };
}

/** An endpoint's counts are also in its locality's: the finer ones are taken. */
function placesOf(stats: UpstreamLocalityStats__Output): readonly PlaceLoad[] {
  const { locality, priority, upstream_endpoint_stats: endpoints } = stats;
  const here = { region: locality?.region ?? "", zone: locality?.zone ?? "", subZone: locality?.sub_zone ?? "", priority };
  if (endpoints.length === 0) return [placeLoad({ endpoint: undefined, ...here }, stats)];
  return endpoints.flatMap((endpoint) => {
    const id = endpointId(endpoint);
    return id === undefined ? [] : [placeLoad({ endpoint: id, ...here }, endpoint)];
  });
}

function endpointId({ address }: UpstreamEndpointStats__Output): string | undefined {
  const socket = address?.socket_address;
  if (!socket?.port_value) return undefined;
  return socket.address.includes(":") ? `[${socket.address}]:${socket.port_value}` : `${socket.address}:${socket.port_value}`;
}

function placeLoad(place: LoadPlace, stats: UpstreamEndpointStats__Output | UpstreamLocalityStats__Output): PlaceLoad {
  const [succeeded, failed] = [stats.total_successful_requests, stats.total_error_requests];
  const metrics = stats.load_metric_stats.slice(0, METRICS_MAX).map((one) => ({
    name: one.metric_name.slice(0, 64),
    requests: one.num_requests_finished_with_metric,
    total: one.total_metric_value,
  }));
  // Clients from before there was a count of those issued send 0.
  const issued = Math.max(stats.total_issued_requests, succeeded + failed);
  const latencies = "metadata" in stats ? sketchOf(stats) : undefined;
  return { place, issued, succeeded, failed, inProgress: stats.total_requests_in_progress, metrics, latencies };
}

/** Reads the one value: the rest of the metadata is whatever the client likes. A value that is no text is none that can be right. */
function sketchOf({ metadata }: UpstreamEndpointStats__Output): string | undefined {
  const value = metadata?.fields[FAIRLEAD_METADATA]?.struct_value?.fields[LATENCY_SKETCH];
  return value === undefined ? undefined : (value.string_value ?? "");
}
