// What clients report of the load.

import type { ServiceName } from "@fairlead/shared";
import type { EndpointLoad, LoadRow, Rates, ServiceLoad, SummedLoad } from "../fleet/index.js";
import type { AdminState } from "./state.js";
import { iso } from "./time.js";

/** A page for a person; the metrics have the rest. */
const ROWS_SHOWN = 1_000;

/** Every service that is reported on, and how full the table is. */
export function loadsView({ fleet }: AdminState) {
  const { streams, entries, entriesMax, unkept } = fleet.loads;
  return {
    streams,
    entries,
    entriesMax,
    unkept,
    services: fleet.loads.services().map((load) => ({ service: load.service, ...summaryView(load) })),
  };
}

/** One service by endpoint, and by place and reporter, the busiest first. */
export function loadView({ fleet }: AdminState, service: ServiceName) {
  const load = fleet.loads.of(service);
  return {
    service: service as string,
    ...(load === undefined ? {} : { load: summaryView(load) }),
    endpoints: fleet.loads.endpoints(service, ROWS_SHOWN).map(endpointView),
    places: fleet.loads.rows(service, ROWS_SHOWN).map(rowView),
  };
}

/** Part of what is shown of a service; empty where nobody reports on it. */
export function loadSummary({ fleet }: AdminState, service: ServiceName) {
  const load = fleet.loads.of(service);
  return load === undefined ? {} : { load: summaryView(load) };
}

function summaryView({ lastReportMs, lastCallMs, ...load }: ServiceLoad) {
  return {
    ...summedView(load),
    droppedPerSecond: rounded(load.perSecond.dropped),
    lastReportAt: iso(lastReportMs),
    ...(lastCallMs === undefined ? {} : { lastRequestAt: iso(lastCallMs) }),
  };
}

function endpointView({ endpoint, ...load }: EndpointLoad) {
  return { endpoint, ...summedView(load) };
}

function summedView({ perSecond, inProgress, reporters, requests, errors, latencies }: SummedLoad) {
  return {
    ...ratesView(perSecond),
    inProgress,
    reporters,
    requests,
    errors,
    ...(latencies === undefined
      ? {}
      : { latencyMs: { p50: rounded(latencies.p50), p90: rounded(latencies.p90), p99: rounded(latencies.p99) } }),
  };
}

function rowView({ place, nodeId, userAgent, host, perSecond, inProgress, metrics, lastReportMs }: LoadRow) {
  const { endpoint, region, zone, subZone, priority } = place;
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    region,
    zone,
    subZone,
    priority,
    reporter: { node: nodeId, client: userAgent, host },
    ...ratesView(perSecond),
    inProgress,
    metrics: metrics.map(({ name, requests, total }) => ({ name, requests, mean: requests === 0 ? 0 : rounded(total / requests) })),
    lastReportAt: iso(lastReportMs),
  };
}

function ratesView({ issued, succeeded, failed }: Rates) {
  return { requestsPerSecond: rounded(issued), successesPerSecond: rounded(succeeded), errorsPerSecond: rounded(failed) };
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
