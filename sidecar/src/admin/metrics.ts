// Gauges that are read when somebody asks: nothing here costs a request anything.

import { type ClusterCounters, LATENCY_BOUNDS_MS, REPLY_REASONS, STATUS_CLASSES } from "../forward/index.js";
import type { AdminState } from "./state.js";
import { readyView } from "./views.js";

export function exportMetrics(state: AdminState): void {
  const gauge = (name: string, help: string, read: () => number) =>
    state.metrics.sampled("gauge", { name, help }, () => [{ labels: {}, value: read() }]);
  gauge("sidecar_ready", "1 when every upstream can be called", () => Number(readyView(state).ready));
  gauge("control_plane_connected", "1 while a control plane's stream is up", () => Number(state.connection.value.kind === "connected"));
  gauge("fallback_save_failing", "1 while the last known good cannot be saved", () =>
    Number(state.fallback.value.saveFailure !== undefined),
  );
  gauge("xds_issues", "Resources refused here or in error at the control plane", () => state.xds.value.issues.length);
  state.metrics.sampled("gauge", { name: "cluster_endpoints", help: "Endpoints by standing", labels: ["cluster", "standing"] }, () =>
    [...state.table.value.values()].flatMap(({ name, endpoints, candidates, standby }) => {
      const ejected = endpoints.filter(({ ejectedUntilMs }) => ejectedUntilMs > state.clock.nowMs()).length;
      return [
        { labels: { cluster: name, standing: "assigned" }, value: endpoints.length },
        { labels: { cluster: name, standing: "candidate" }, value: candidates.endpoints.length },
        { labels: { cluster: name, standing: "ejected" }, value: ejected },
        { labels: { cluster: name, standing: "standby" }, value: standby.length },
      ];
    }),
  );
  const collapses = { name: "cluster_collapses_total", help: "Assignments that left less than half", labels: ["cluster"] };
  state.metrics.sampled("counter", collapses, () =>
    [...state.table.value.values()].map((cluster) => ({ labels: { cluster: cluster.name }, value: cluster.collapses })),
  );
  exportRequests(state);
}

function exportRequests({ metrics, counters, replies }: AdminState): void {
  /** One sample per cluster and position of an array of counts. */
  const perCluster = (label: string, names: readonly string[], read: (counter: ClusterCounters) => Float64Array) => () =>
    [...counters].flatMap(([cluster, counter]) =>
      names.map((name, index) => ({ labels: { cluster, [label]: name }, value: read(counter)[index] ?? 0 })),
    );
  metrics.sampled(
    "counter",
    { name: "requests_total", help: "Finished requests by status class", labels: ["cluster", "class"] },
    perCluster("class", STATUS_CLASSES, ({ finished }) => finished),
  );
  metrics.sampled(
    "counter",
    { name: "local_replies_total", help: "Answers this sidecar gave by itself", labels: ["cluster", "reason"] },
    perCluster("reason", REPLY_REASONS, ({ localReplies }) => localReplies),
  );
  metrics.sampled(
    "counter",
    {
      name: "request_latency_total",
      help: "Finished requests by the upper bound of their latency in seconds, not cumulative",
      labels: ["cluster", "within"],
    },
    perCluster(
      "within",
      LATENCY_BOUNDS_MS.map((boundMs) => String(boundMs / 1_000)),
      ({ latency }) => latency,
    ),
  );
  metrics.sampled(
    "counter",
    { name: "replies_without_cluster_total", help: "Answers to requests that named no service", labels: ["reason"] },
    () => [...replies].map(([reason, value]) => ({ labels: { reason }, value })),
  );
  metrics.sampled("counter", { name: "retries_total", help: "Tries beyond the first", labels: ["cluster"] }, () =>
    [...counters].map(([cluster, { retries }]) => ({ labels: { cluster }, value: retries })),
  );
  metrics.sampled("counter", { name: "retries_denied_total", help: "Retries beyond the budget", labels: ["cluster"] }, () =>
    [...counters].map(([cluster, { retriesDenied }]) => ({ labels: { cluster }, value: retriesDenied })),
  );
}
