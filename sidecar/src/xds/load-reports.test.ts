import { endpointId, LatencySketch } from "@fairlead/shared";
import { FakeClock } from "@fairlead/shared/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { EndpointState } from "../endpoint/index.js";
import { LoadReports, type UpstreamLoad } from "./load-reports.js";

const ASKED = {
  clusters: [],
  send_all_clusters: true,
  report_endpoint_granularity: true,
  load_reporting_interval: { seconds: 10, nanos: 0 },
};

function stateAt(port: number, zone = "a"): EndpointState {
  const address = { ip: "10.0.0.1", port };
  return new EndpointState({
    ...address,
    id: endpointId(address),
    weight: 100,
    zone,
    subZone: "",
    localityWeight: 0,
    priority: 0,
    health: "healthy",
    instance: undefined,
    ramp: undefined,
  });
}

describe("the load a sidecar reports", () => {
  let clock: FakeClock;
  let upstreams: UpstreamLoad[];
  let reports: LoadReports;

  beforeEach(() => {
    clock = new FakeClock();
    upstreams = [];
    reports = new LoadReports({ node: { id: "web-1", cluster: "web", zone: "a" }, version: "1", loads: () => upstreams, clock });
  });

  /** Issued, succeeded, failed and in progress by port, and the clusters' drops. */
  function counted(written = true) {
    const { message, written: commit } = reports.next();
    if (written) commit();
    const places = (message.cluster_stats ?? []).flatMap(({ upstream_locality_stats: localities = [] }) =>
      localities.flatMap(({ upstream_endpoint_stats: endpoints = [] }) => endpoints),
    );
    return Object.fromEntries(
      places.map((one) => [
        one.address?.socket_address?.port_value,
        [one.total_issued_requests, one.total_successful_requests, one.total_error_requests, one.total_requests_in_progress],
      ]),
    );
  }

  function happened(state: EndpointState, change: Partial<EndpointState>): void {
    Object.assign(state, change);
  }

  test("opens a stream as itself, able to report on everything", () => {
    expect(reports.open()).toMatchObject({
      node: { id: "web-1", locality: { zone: "a" }, client_features: ["envoy.lrs.supports_send_all_clusters"] },
    });
  });

  test("counts what was issued, succeeded, failed or is in progress since the last report, and leaves out who had nothing", () => {
    const [busy, idle] = [stateAt(1), stateAt(2)];
    upstreams = [{ service: "shop", endpoints: [busy, idle], dropped: 0 }];
    happened(busy, { successes: 5, failures: 1, connectFailuresTotal: 1, cancelled: 2, inFlight: 3 });
    expect(counted()).toEqual({ 1: [12, 5, 2, 3] });
    happened(busy, { successes: 8, inFlight: 0 });
    expect(counted()).toEqual({ 1: [0, 3, 0, 0] });
    expect(counted()).toEqual({});
  });

  test("counts again what was not written, whichever stream it is then written to", () => {
    const state = stateAt(1);
    upstreams = [{ service: "shop", endpoints: [state], dropped: 0 }];
    happened(state, { successes: 5 });
    expect(counted(false)).toEqual({ 1: [5, 5, 0, 0] });
    happened(state, { successes: 6 });
    reports.open();
    expect(counted()).toEqual({ 1: [6, 6, 0, 0] });
  });

  test("says the span the counts cover: since the last report that was written", () => {
    const state = stateAt(1);
    upstreams = [{ service: "shop", endpoints: [state], dropped: 0 }];
    happened(state, { inFlight: 1 });
    const spanOf = () => reports.next().message.cluster_stats?.[0]?.load_report_interval;
    clock.advance(10_000);
    expect(spanOf()).toEqual({ seconds: 10, nanos: 0 });
    clock.advance(10_000);
    reports.next().written();
    clock.advance(10_000);
    expect(spanOf()).toEqual({ seconds: 10, nanos: 0 });
  });

  test("an endpoint that left is reported until the last of its requests is", () => {
    const state = stateAt(1);
    upstreams = [{ service: "shop", endpoints: [state], dropped: 0 }];
    happened(state, { successes: 5, inFlight: 1 });
    counted();
    upstreams = [{ service: "shop", endpoints: [], dropped: 0 }];
    happened(state, { successes: 6, inFlight: 1 });
    expect(counted()).toEqual({ 1: [1, 1, 0, 1] });
    happened(state, { successes: 7, inFlight: 0 });
    expect(counted()).toEqual({ 1: [0, 1, 0, 0] });
    happened(state, { successes: 99 });
    expect(counted()).toEqual({});
  });

  test("requests given up without an endpoint are reported as dropped", () => {
    upstreams = [{ service: "shop", endpoints: [], dropped: 4 }];
    const { message, written } = reports.next();
    expect(message.cluster_stats).toMatchObject([{ cluster_name: "shop", total_dropped_requests: 4, upstream_locality_stats: [] }]);
    written();
    upstreams = [{ service: "shop", endpoints: [], dropped: 5 }];
    expect(reports.next().message.cluster_stats).toMatchObject([{ total_dropped_requests: 1 }]);
  });

  test("the latency is that of the tries that got a connection", () => {
    const state = stateAt(1);
    upstreams = [{ service: "shop", endpoints: [state], dropped: 0 }];
    happened(state, { successes: 4, connectFailuresTotal: 0, cancelled: 1, tookMs: 80 });
    const [locality] = reports.next().message.cluster_stats?.[0]?.upstream_locality_stats ?? [];
    expect(locality?.upstream_endpoint_stats?.[0]?.load_metric_stats).toEqual([
      { metric_name: "fairlead.latency_ms", num_requests_finished_with_metric: 4, total_metric_value: 80 },
    ]);
  });

  /** Of the one endpoint in the report. */
  function latenciesOf(report: ReturnType<LoadReports["next"]>): string | null | undefined {
    const [one] = report.message.cluster_stats?.[0]?.upstream_locality_stats?.[0]?.upstream_endpoint_stats ?? [];
    return one?.metadata?.fields?.["fairlead"]?.struct_value?.fields?.["latency"]?.string_value;
  }

  test("the latencies are those since the last report that was written, and none are lost", () => {
    const state = stateAt(1);
    upstreams = [{ service: "shop", endpoints: [state], dropped: 0 }];
    const tried = (ms: number) => {
      state.successes++;
      state.took(ms);
    };
    const sketch = (...latencies: readonly number[]) => {
      const made = LatencySketch.empty();
      for (const ms of latencies) made.add(ms);
      return made.encode();
    };
    tried(3);
    expect(latenciesOf(reports.next())).toBe(sketch(3));
    tried(40);
    const report = reports.next();
    expect(latenciesOf(report)).toBe(sketch(3, 40));
    // Between a report and the news that it was written.
    tried(500);
    report.written();
    expect(latenciesOf(reports.next())).toBe(sketch(500));
    reports.next().written();
    happened(state, { inFlight: 1 });
    expect(latenciesOf(reports.next())).toBeUndefined();
  });

  test("why tries failed is told in named metrics, of each kind that there was", () => {
    const state = stateAt(1);
    upstreams = [{ service: "shop", endpoints: [state], dropped: 0 }];
    for (const failure of ["timeout", "broken", undefined] as const) state.count("failure", failure);
    state.count("failure");
    state.count("connect-failure", "connect");
    const metricsOf = () => reports.next().message.cluster_stats?.[0]?.upstream_locality_stats?.[0]?.upstream_endpoint_stats?.[0];
    expect(metricsOf()).toMatchObject({ total_error_requests: 5 });
    expect(metricsOf()?.load_metric_stats?.map((one) => [one.metric_name, one.num_requests_finished_with_metric])).toEqual([
      ["fairlead.latency_ms", 4],
      ["fairlead.errors.connect", 1],
      ["fairlead.errors.timeout", 1],
      ["fairlead.errors.broken", 1],
      ["fairlead.errors.5xx", 2],
    ]);
    reports.next().written();
    state.count("failure", "timeout");
    expect(metricsOf()?.load_metric_stats?.map(({ metric_name }) => metric_name)).toEqual([
      "fairlead.latency_ms",
      "fairlead.errors.timeout",
    ]);
  });

  test("reports on what it is asked for: some clusters, or sums of localities without endpoints", () => {
    const [one, two] = [stateAt(1), stateAt(2, "b")];
    upstreams = [
      { service: "shop", endpoints: [one, two], dropped: 0 },
      { service: "cart", endpoints: [stateAt(3)], dropped: 1 },
    ];
    happened(one, { successes: 1 });
    happened(two, { successes: 2 });
    expect(reports.heard({ ...ASKED, send_all_clusters: false, clusters: ["shop"], report_endpoint_granularity: false })).toBe(10_000);
    expect(reports.next().message.cluster_stats).toMatchObject([
      {
        cluster_name: "shop",
        upstream_locality_stats: [
          { locality: { zone: "a" }, total_successful_requests: 1, upstream_endpoint_stats: [] },
          { locality: { zone: "b" }, total_successful_requests: 2, upstream_endpoint_stats: [] },
        ],
      },
    ]);
  });

  test("no control plane makes it report more often than once a second", () => {
    expect(reports.heard({ ...ASKED, load_reporting_interval: null })).toBe(1_000);
  });
});
