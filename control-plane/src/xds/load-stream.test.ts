import { decode, encode, type LoadStatsRequest, type LoadStatsRequest__Output, structFrom } from "@fairlead/proto";
import { beforeEach, describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "./limits.js";
import type { ClusterLoad, LoadReporter } from "./load-report.js";
import { type LoadStep, LoadStream } from "./load-stream.js";
import { STATUS } from "./stream-machine.js";
import { view } from "./testing/views.js";

const SENDS_ALL = { id: "web-1", client_features: ["envoy.lrs.supports_send_all_clusters"] };

/** As it arrives. */
function wire(message: LoadStatsRequest): LoadStatsRequest__Output {
  const name = "envoy.service.load_stats.v3.LoadStatsRequest";
  return decode(name, encode(name, message));
}

describe("a stream of load reports", () => {
  let nowMs: number;
  let reports: { readonly reporter: LoadReporter; readonly loads: readonly ClusterLoad[] }[];
  let events: string[];
  let stream: LoadStream;

  function open(refusal?: string): void {
    nowMs = 100_000;
    reports = [];
    events = [];
    stream = new LoadStream({
      streamId: 7,
      peer: "10.0.0.1:4000",
      nowMs: () => nowMs,
      limits: { ...DEFAULT_LIMITS, names: 3 },
      observer: {
        opened: ({ node }) => void events.push(`opened ${node.id}`),
        closed: ({ node }) => void events.push(`closed ${node.id}`),
        reported: (reporter, loads) => void reports.push({ reporter, loads }),
      },
      refusalOf: () => (refusal === undefined ? undefined : { code: STATUS.resourceExhausted, details: refusal }),
    });
  }

  beforeEach(() => open());

  const ask = (message: LoadStatsRequest) => stream.request(wire(message));
  const closing = (steps: readonly LoadStep[]) => steps.map((step) => (step.kind === "close" ? step.status.code : step.kind));

  test("asks a client that can to report on whatever it calls, by endpoint, every five seconds", () => {
    expect(ask({ node: SENDS_ALL })).toEqual([
      {
        kind: "send",
        message: { send_all_clusters: true, load_reporting_interval: { seconds: 5, nanos: 0 }, report_endpoint_granularity: true },
      },
    ]);
    expect(events).toEqual(["opened web-1"]);
  });

  test("asks another for the clusters it is served, and again when they change only", () => {
    expect(ask({ node: { id: "old" } })).toMatchObject([{ kind: "watch", node: { id: "old" } }]);
    expect(stream.view(view({ cds: { a: "1", b: "1" } }))).toMatchObject([{ message: { clusters: ["a", "b"] } }]);
    expect(stream.view(view({ cds: { a: "2", b: "1" } }))).toEqual([]);
    expect(stream.view(view({ cds: { a: "2", b: "1", c: "1", d: "1" } }))).toMatchObject([{ message: { clusters: ["a", "b", "c"] } }]);
  });

  test("passes on counts by endpoint where the client tells them apart, and by locality where it does not", () => {
    ask({ node: SENDS_ALL });
    ask({
      cluster_stats: [
        {
          cluster_name: "shop",
          load_report_interval: { seconds: 5, nanos: 0 },
          dropped_requests: [{ category: "lb", dropped_count: 3 }],
          upstream_locality_stats: [
            {
              locality: { zone: "a" },
              total_issued_requests: 9,
              upstream_endpoint_stats: [
                {
                  address: { socket_address: { address: "10.0.0.9", port_value: 80 } },
                  total_issued_requests: 4,
                  total_successful_requests: 2,
                  total_error_requests: 1,
                  total_requests_in_progress: 1,
                  metadata: structFrom({ "envoy.lb": { a: 1 }, fairlead: { latency: "as it came" } }),
                  load_metric_stats: [{ metric_name: "ms", num_requests_finished_with_metric: 3, total_metric_value: 60 }],
                },
                { address: { socket_address: { address: "fe80::1", port_value: 80 } }, total_successful_requests: 5 },
                {
                  address: { socket_address: { address: "10.0.0.9", port_value: 81 } },
                  total_issued_requests: 1,
                  metadata: structFrom({ fairlead: { latency: 7 } }),
                },
              ],
            },
            { locality: { zone: "b" }, priority: 1, total_successful_requests: 7 },
          ],
        },
      ],
    });
    expect(reports[0]?.loads).toMatchObject([
      {
        cluster: "shop",
        windowMs: 5_000,
        dropped: 3,
        places: [
          {
            place: { endpoint: "10.0.0.9:80", zone: "a" },
            issued: 4,
            succeeded: 2,
            failed: 1,
            inProgress: 1,
            metrics: [{ total: 60 }],
            latencies: "as it came",
          },
          // Who does not count what it issues has issued at least what ended.
          { place: { endpoint: "[fe80::1]:80" }, issued: 5, succeeded: 5, latencies: undefined },
          { place: { endpoint: "10.0.0.9:81" }, issued: 1, latencies: "" },
          { place: { endpoint: undefined, zone: "b", priority: 1 }, issued: 7 },
        ],
      },
    ]);
    expect(reports[0]?.reporter).toMatchObject({ node: { id: "web-1" }, peer: "10.0.0.1:4000" });
  });

  test("leaves out clusters and places with names longer than any of ours", () => {
    const long = "x".repeat(600);
    ask({ node: SENDS_ALL });
    ask({ cluster_stats: [{ cluster_name: long }, { cluster_name: "shop", upstream_locality_stats: [{ locality: { zone: long } }] }] });
    expect(reports[0]?.loads).toMatchObject([{ cluster: "shop", places: [] }]);
  });

  test("ends without a node, and when the node is refused", () => {
    expect(closing(ask({}))).toEqual([3]);
    open("one too many");
    expect(closing(ask({ node: SENDS_ALL }))).toEqual([8]);
    expect(events).toEqual([]);
  });

  test("ends when nothing is said in time, and not when something was", () => {
    expect(closing(stream.firstRequestIsDue())).toEqual([4]);
    open();
    ask({ node: SENDS_ALL });
    expect(stream.firstRequestIsDue()).toEqual([]);
  });

  test("ends for a client that reports far more often than asked", () => {
    ask({ node: SENDS_ALL });
    const report = { cluster_stats: [{ cluster_name: "shop" }] };
    for (let count = 0; count < 10; count += 1) expect(ask(report)).toEqual([]);
    nowMs += 10_000;
    for (let count = 0; count < 10; count += 1) expect(ask(report)).toEqual([]);
    expect(closing(ask(report))).toEqual([8]);
    expect(events).toEqual(["opened web-1", "closed web-1"]);
    expect(ask(report)).toEqual([]);
    expect(reports).toHaveLength(20);
  });
});
