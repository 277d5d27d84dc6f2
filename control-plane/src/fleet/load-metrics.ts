import { ERROR_KINDS, type Metrics } from "@fairlead/shared";
import type { LoadSum } from "./load-sum.js";

/** Why something that was reported is not in the table. */
export type Unkept = "unknown-service" | "full" | "reporter-full" | "endpoints-full" | "bad-latencies";

export interface LoadMetricsSources {
  readonly table: { readonly entries: number; readonly streams: number; readonly unkept: Readonly<Record<Unkept, number>> };
  readonly reports: () => number;
  readonly sums: () => Iterable<readonly [service: string, LoadSum]>;
}

/** By service, of which there are as many as the snapshot has; never by who reports. */
export function exportLoadMetrics(metrics: Metrics, { table, reports, sums }: LoadMetricsSources): void {
  metrics.sampled("gauge", { name: "load_streams", help: "Streams of load reports open." }, () => [{ labels: {}, value: table.streams }]);
  metrics.sampled("gauge", { name: "load_entries", help: "Entries in the table of load reports." }, () => [
    { labels: {}, value: table.entries },
  ]);
  metrics.sampled("counter", { name: "load_reports_total", help: "Load reports received." }, () => [{ labels: {}, value: reports() }]);
  const unkept =
    "What was reported and is not in the table: the service is not ours, the table, its endpoints or the reporter's share of it is full, or latencies that cannot be read.";
  metrics.sampled("counter", { name: "load_unkept_total", help: unkept, labels: ["reason"] }, () =>
    Object.entries(table.unkept).map(([reason, value]) => ({ labels: { reason }, value })),
  );
  const requests = "Requests as clients report them, since the service was first reported on; dropped ones reached no endpoint.";
  metrics.sampled("counter", { name: "load_requests_total", help: requests, labels: ["service", "outcome"] }, () =>
    [...sums()].flatMap(([service, { totals }]) =>
      Object.entries(totals).map(([outcome, value]) => ({ labels: { service, outcome }, value })),
    ),
  );
  const errors =
    "Of the failed requests, why, where sidecars tell: no connection, no answer in time, broken off, or an answer from 500 on.";
  metrics.sampled("counter", { name: "load_errors_total", help: errors, labels: ["service", "kind"] }, () =>
    [...sums()].flatMap(([service, sum]) => ERROR_KINDS.map((kind) => ({ labels: { service, kind }, value: sum.errors[kind] }))),
  );
  const latency = "Latency of a service's tries in about the last half minute, over all sidecars, within 5 %.";
  metrics.sampled("gauge", { name: "load_latency_seconds", help: latency, labels: ["service", "quantile"] }, () =>
    [...sums()].flatMap(([service, { latencies }]) =>
      latencies === undefined
        ? []
        : (
            [
              ["0.5", latencies.p50],
              ["0.9", latencies.p90],
              ["0.99", latencies.p99],
            ] as const
          ).map(([quantile, ms]) => ({ labels: { service, quantile }, value: ms / 1_000 })),
    ),
  );
}
