// Gauges that are read when somebody asks: nothing here costs a request anything.

import { type ClusterCounters, LATENCY_BOUNDS_MS, LIMIT_NAMES, REPLY_REASONS, STATUS_CLASSES, STREAM_ENDS } from "../forward/index.js";
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
  exportEdge(state);
  exportConnections(state);
  exportStreams(state);
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
  metrics.sampledHistogram(
    {
      name: "request_seconds",
      help: "Finished requests by what they took, from their head to the answer's last byte",
      labels: ["cluster"],
      buckets: LATENCY_BOUNDS_MS.filter(Number.isFinite).map((boundMs) => boundMs / 1_000),
    },
    () => [...counters].map(([cluster, counter]) => ({ labels: { cluster }, counts: latencyCounts(counter) })),
  );
  metrics.sampled(
    "counter",
    { name: "replies_without_cluster_total", help: "Answers to requests that named no service", labels: ["reason"] },
    () => [...replies].map(([reason, value]) => ({ labels: { reason }, value })),
  );
  metrics.sampled("counter", { name: "retries_total", help: "Tries beyond the first", labels: ["cluster"] }, () =>
    [...counters].map(([cluster, { retries }]) => ({ labels: { cluster }, value: retries })),
  );
  metrics.sampled(
    "gauge",
    { name: "queued_requests", help: "Requests that wait for a place among those under way", labels: ["cluster"] },
    () => [...counters].map(([cluster, { queued }]) => ({ labels: { cluster }, value: queued })),
  );
  metrics.sampled("counter", { name: "queued_requests_total", help: "Requests that had to wait for a place", labels: ["cluster"] }, () =>
    [...counters].map(([cluster, { queuedTotal }]) => ({ labels: { cluster }, value: queuedTotal })),
  );
  metrics.sampled("counter", { name: "retries_denied_total", help: "Retries beyond the budget", labels: ["cluster"] }, () =>
    [...counters].map(([cluster, { retriesDenied }]) => ({ labels: { cluster }, value: retriesDenied })),
  );
  exportHedges({ metrics, counters });
}

function exportHedges({ metrics, counters }: Pick<AdminState, "metrics" | "counters">): void {
  const counted = (name: string, help: string, count: (counter: ClusterCounters) => number) =>
    metrics.sampled("counter", { name, help, labels: ["cluster"] }, () =>
      [...counters].map(([cluster, counter]) => ({ labels: { cluster }, value: count(counter) })),
    );
  counted("hedges_total", "Second tries that began while the first still ran", ({ hedges }) => hedges);
  counted("hedges_won_total", "Second tries whose answer came before that of the first", ({ hedgesWon }) => hedgesWon);
  counted(
    "hedges_denied_total",
    "Second tries beyond the retry budget or the share that may be hedged",
    ({ hedgesDenied }) => hedgesDenied,
  );
}

function latencyCounts({ latency, latencySumMs }: ClusterCounters) {
  let total = 0;
  const cumulative = Array.from(latency, (count) => {
    total += count;
    return total;
  });
  return { sum: latencySumMs / 1_000, cumulative: () => cumulative };
}

/** Callers' side: nothing of it comes from a request. */
function exportEdge({ metrics, edge, shed }: AdminState): void {
  metrics.sampled(
    "counter",
    { name: "request_ends_total", help: "Requests and TCP connections by why they ended as they did", labels: ["reason"] },
    () => [...edge.ends].map(([reason, value]) => ({ labels: { reason }, value })),
  );
  metrics.sampled("counter", { name: "limit_hits_total", help: "How often a limit of LIMITS.md was hit", labels: ["limit"] }, () =>
    LIMIT_NAMES.map((limit) => ({
      labels: { limit },
      value: limit === "access-log-bytes" ? (edge.accessLog?.dropped ?? 0) : edge.limits.of(limit),
    })),
  );
  metrics.sampled("counter", { name: "access_log_lines_total", help: "Lines of the access log", labels: ["fate"] }, () => [
    { labels: { fate: "written" }, value: edge.accessLog?.written ?? 0 },
    { labels: { fate: "dropped" }, value: edge.accessLog?.dropped ?? 0 },
  ]);
  metrics.sampled("gauge", { name: "callers_open", help: "Callers' connections", labels: ["listener"] }, () =>
    [...edge.listeners].map(([listener, { open }]) => ({ labels: { listener }, value: open })),
  );
  metrics.sampled("gauge", { name: "tunnels_open", help: "WebSockets among callers' connections", labels: ["listener"] }, () =>
    [...edge.listeners].map(([listener, { tunnels }]) => ({ labels: { listener }, value: tunnels })),
  );
  metrics.sampled("counter", { name: "callers_total", help: "Callers' connections by fate", labels: ["listener", "fate"] }, () =>
    [...edge.listeners].flatMap(([listener, { accepted, refused }]) => [
      { labels: { listener, fate: "accepted" }, value: accepted },
      { labels: { listener, fate: "refused" }, value: refused },
    ]),
  );
  metrics.sampled("gauge", { name: "shedding", help: "1 while new requests are refused because this process is overloaded" }, () => [
    { labels: {}, value: Number(shed.view().shedding) },
  ]);
}

/** Endpoints' side. */
function exportConnections({ metrics, counters, table }: AdminState): void {
  const each = (read: (counter: ClusterCounters) => number) => () =>
    [...counters].map(([cluster, counter]) => ({ labels: { cluster }, value: read(counter) }));
  metrics.sampled("gauge", { name: "upstream_connections", help: "Connections to endpoints", labels: ["cluster", "state"] }, () =>
    [...counters].flatMap(([cluster, { connectionsOpen, connectionsIdle }]) => [
      { labels: { cluster, state: "busy" }, value: connectionsOpen - connectionsIdle },
      { labels: { cluster, state: "idle" }, value: connectionsIdle },
    ]),
  );
  const counter = (name: string, help: string, read: (counted: ClusterCounters) => number) =>
    metrics.sampled("counter", { name, help, labels: ["cluster"] }, each(read));
  counter("upstream_connections_opened_total", "Connections to endpoints that were begun", (counted) => counted.connectionsOpened);
  counter("upstream_connect_failures_total", "Tries that got no connection", (counted) => counted.connectFailures);
  counter("request_body_bytes_total", "Bytes of requests' bodies", (counted) => counted.bytesIn);
  counter("answer_body_bytes_total", "Bytes of answers' bodies", (counted) => counted.bytesOut);
  metrics.sampled("counter", { name: "ejections_total", help: "Endpoints that were ejected here", labels: ["cluster", "because"] }, () =>
    [...table.value.values()].flatMap(({ name, memory }) =>
      (["connect", "traffic", "asked"] as const).map((because) => ({
        labels: { cluster: name, because },
        value: memory.ejections[because],
      })),
    ),
  );
  const spared = { name: "ejections_spared_total", help: "Endpoints not ejected because too many are out", labels: ["cluster"] };
  metrics.sampled("counter", spared, () =>
    [...table.value.values()].map(({ name, memory }) => ({ labels: { cluster: name }, value: memory.spared })),
  );
}

/** TCP connections, and whatever has to leave its endpoint. */
function exportStreams({ metrics, streams, engine, upstreams }: AdminState): void {
  metrics.sampled("gauge", { name: "tcp_connections_open", help: "TCP connections of callers that are relayed", labels: ["cluster"] }, () =>
    [...streams].map(([cluster, { open }]) => ({ labels: { cluster }, value: open })),
  );
  metrics.sampled("counter", { name: "tcp_connections_total", help: "TCP connections by how they ended", labels: ["cluster", "end"] }, () =>
    [...streams].flatMap(([cluster, { ended }]) =>
      STREAM_ENDS.map((end, index) => ({ labels: { cluster, end }, value: ended[index] ?? 0 })),
    ),
  );
  metrics.sampled("counter", { name: "tcp_bytes_total", help: "Bytes relayed", labels: ["cluster", "direction"] }, () =>
    [...streams].flatMap(([cluster, { bytesUp, bytesDown }]) => [
      { labels: { cluster, direction: "up" }, value: bytesUp },
      { labels: { cluster, direction: "down" }, value: bytesDown },
    ]),
  );
  metrics.sampled("counter", { name: "tcp_connect_retries_total", help: "Connects beyond a connection's first", labels: ["cluster"] }, () =>
    [...streams].map(([cluster, { retries }]) => ({ labels: { cluster }, value: retries })),
  );
  metrics.sampled(
    "gauge",
    { name: "leaving_connections", help: "Connections that have to leave their endpoint", labels: ["cluster"] },
    () =>
      upstreams.map((cluster) => {
        const leaving = (engine.leaving ?? []).filter(({ service }) => service === cluster);
        return { labels: { cluster }, value: leaving.reduce((sum, { connections }) => sum + connections, 0) };
      }),
  );
  metrics.sampled(
    "counter",
    { name: "moved_connections_total", help: "Connections that were told to leave their endpoint", labels: ["cluster"] },
    () => upstreams.map((cluster) => ({ labels: { cluster }, value: engine.moved?.get(cluster) ?? 0 })),
  );
}
