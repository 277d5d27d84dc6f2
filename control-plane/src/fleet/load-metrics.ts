import type { Metrics } from "@fairlead/shared";

/** Why something that was reported is not in the table. */
export type Unkept = "unknown-service" | "full" | "reporter-full";

export interface LoadMetricsSources {
  readonly table: { readonly entries: number; readonly streams: number; readonly unkept: Readonly<Record<Unkept, number>> };
  readonly reports: () => number;
  readonly totals: () => Iterable<{
    readonly service: string;
    readonly totals: { readonly issued: number; readonly succeeded: number; readonly failed: number; readonly dropped: number };
  }>;
}

/** By service, of which there are as many as the snapshot has; never by who reports. */
export function exportLoadMetrics(metrics: Metrics, { table, reports, totals }: LoadMetricsSources): void {
  metrics.sampled("gauge", { name: "load_streams", help: "Streams of load reports open." }, () => [{ labels: {}, value: table.streams }]);
  metrics.sampled("gauge", { name: "load_entries", help: "Entries in the table of load reports." }, () => [
    { labels: {}, value: table.entries },
  ]);
  metrics.sampled("counter", { name: "load_reports_total", help: "Load reports received." }, () => [{ labels: {}, value: reports() }]);
  const unkept = "What was reported and is not in the table: the service is not ours, or the table or the reporter's share of it is full.";
  metrics.sampled("counter", { name: "load_unkept_total", help: unkept, labels: ["reason"] }, () =>
    Object.entries(table.unkept).map(([reason, value]) => ({ labels: { reason }, value })),
  );
  const requests = "Requests as clients report them, since the service was first reported on; dropped ones reached no endpoint.";
  metrics.sampled("counter", { name: "load_requests_total", help: requests, labels: ["service", "outcome"] }, () =>
    [...totals()].flatMap(({ service, totals: counts }) =>
      Object.entries(counts).map(([outcome, value]) => ({ labels: { service, outcome }, value })),
    ),
  );
}
