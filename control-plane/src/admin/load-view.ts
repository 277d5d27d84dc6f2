// What clients report of the load.

import type { ServiceName } from "@fairlead/shared";
import type { LoadRow, Rates, ServiceLoad } from "../fleet/index.js";
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

/** One service by place and reporter, the busiest first. */
export function loadView({ fleet }: AdminState, service: ServiceName) {
  const load = fleet.loads.of(service);
  return {
    service: service as string,
    ...(load === undefined ? {} : { load: summaryView(load) }),
    places: fleet.loads.rows(service, ROWS_SHOWN).map(rowView),
  };
}

/** Part of what is shown of a service; empty where nobody reports on it. */
export function loadSummary({ fleet }: AdminState, service: ServiceName) {
  const load = fleet.loads.of(service);
  return load === undefined ? {} : { load: summaryView(load) };
}

function summaryView({ perSecond, inProgress, reporters, lastReportMs, lastCallMs }: ServiceLoad) {
  return {
    ...ratesView(perSecond),
    droppedPerSecond: rounded(perSecond.dropped),
    inProgress,
    reporters,
    lastReportAt: iso(lastReportMs),
    ...(lastCallMs === undefined ? {} : { lastRequestAt: iso(lastCallMs) }),
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
