import { errorMetric, LatencySketch, newMetrics } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import { beforeEach, describe, expect, test } from "vitest";
import type { ClusterLoad, LoadReporter } from "../xds/index.js";
import { LoadTable } from "./load-table.js";

const LIMITS = { entries: 100, perReporter: 10, endpoints: 20 };
const LOCALITY = { region: "", zone: "a", subZone: "", priority: 0 };

function reporter(id: string): LoadReporter {
  const node = { id, cluster: "", zone: "a", userAgentName: "test", userAgentVersion: "1", clientFeatures: [], metadata: {} };
  return { streamId: 1, node, peer: "10.0.0.1:4000" };
}

interface Words {
  readonly issued?: number;
  readonly failed?: number;
  readonly inProgress?: number;
  readonly dropped?: number;
  readonly endpoints?: readonly string[];
  readonly windowMs?: number;
  readonly cluster?: string;
  /** Milliseconds, of the endpoint's tries; or the text that a client sends instead. */
  readonly latencies?: readonly number[] | string;
  readonly refused?: number;
}

function sketchText(latencies: Words["latencies"]): string | undefined {
  if (latencies === undefined || typeof latencies === "string") return latencies;
  const sketch = LatencySketch.empty();
  for (const ms of latencies) sketch.add(ms);
  return sketch.encode();
}

function load({
  issued = 0,
  failed = 0,
  inProgress = 0,
  dropped = 0,
  endpoints = ["e:1"],
  windowMs,
  cluster = "shop",
  latencies,
  refused = 0,
}: Words): ClusterLoad {
  const metrics = refused === 0 ? [] : [{ name: errorMetric("connect"), requests: refused, total: refused }];
  const counts = { issued, succeeded: issued - failed, failed, inProgress, metrics, latencies: sketchText(latencies) };
  return { cluster, windowMs, dropped, places: endpoints.map((endpoint) => ({ place: { endpoint, ...LOCALITY }, ...counts })) };
}

describe("the table of load reports", () => {
  let clock: FakeClock;
  let table: LoadTable;
  let log: RecordedLog;
  let metrics: ReturnType<typeof newMetrics>;

  beforeEach(() => {
    clock = new FakeClock(1_000_000);
    metrics = newMetrics();
    log = new RecordedLog();
    table = new LoadTable({ clock, metrics, log, knows: (service) => service !== "theirs", limits: LIMITS });
  });

  const report = (words: Words, id = "web-1") => table.reported(reporter(id), [load(words)]);
  const rate = () => table.of("shop")?.perSecond.issued;

  test("says a steady rate from the first report on, and between two of them", () => {
    for (let count = 0; count < 20; count += 1) {
      clock.advance(10_000);
      report({ issued: 50, failed: 10, windowMs: 10_000 });
      expect(rate()).toBeCloseTo(5);
    }
    clock.advance(9_000);
    expect(table.of("shop")?.perSecond).toMatchObject({
      issued: expect.closeTo(5),
      succeeded: expect.closeTo(4),
      failed: expect.closeTo(1),
    });
  });

  test("a rate follows a change within a minute, and fades when nobody reports any more", () => {
    for (const issued of [50, 50, 50, 500, 500, 500, 500, 500, 500]) {
      clock.advance(10_000);
      report({ issued, windowMs: 10_000 });
    }
    expect(rate()).toBeGreaterThan(42);
    clock.advance(120_000);
    expect(rate()).toBeLessThan(2);
  });

  test("sums up what several clients report, and shows each, the busiest first", () => {
    clock.advance(10_000);
    report({ issued: 10, windowMs: 10_000, inProgress: 2 }, "web-1");
    report({ issued: 30, windowMs: 10_000, inProgress: 1, dropped: 20 }, "web-2");
    expect(table.of("shop")).toMatchObject({ reporters: 2, inProgress: 3, lastCallMs: clock.wallMs() });
    expect(table.of("shop")?.perSecond).toMatchObject({ issued: expect.closeTo(4), dropped: expect.closeTo(2) });
    expect(table.rows("shop", 1)).toMatchObject([{ nodeId: "web-2", host: "10.0.0.1", place: { endpoint: "e:1" }, inProgress: 1 }]);
  });

  test("a client that claims a tiny window claims no great rate", () => {
    report({ issued: 1, windowMs: 0.001 });
    expect(rate()).toBeLessThanOrEqual(1.001);
  });

  test("forgets a client a minute after its last report, and a service a quarter of an hour after", () => {
    report({ issued: 1 });
    clock.advance(61_000);
    expect(table.of("shop")).toMatchObject({ reporters: 0, lastCallMs: 1_000_000 });
    expect(table.entries).toBe(0);
    clock.advance(900_000);
    expect(table.services()).toEqual([]);
  });

  test("does not keep what is reported on clusters that are none of ours, and counts it", async () => {
    report({ issued: 1, cluster: "theirs" });
    expect(table.services()).toEqual([]);
    expect(await metrics.expose()).toContain('fairlead_load_unkept_total{reason="unknown-service"} 1');
  });

  test("one client that makes endpoints up takes its own share of the table only, and the service's sum stays right", () => {
    const many = Array.from({ length: LIMITS.perReporter + 5 }, (_, index) => `e:${index}`);
    report({ issued: 1, windowMs: 10_000, endpoints: many }, "liar");
    report({ issued: 1 }, "web-1");
    expect(table.entries).toBe(LIMITS.perReporter + 1);
    expect(table.unkept["reporter-full"]).toBe(5);
    expect(table.of("shop")?.reporters).toBe(2);
  });

  test("stops at its limit, counts what it leaves out, and takes more once the old has expired", () => {
    const endpoints = Array.from({ length: LIMITS.perReporter }, (_, index) => `e:${index}`);
    for (let count = 0; count < LIMITS.entries / LIMITS.perReporter; count += 1) report({ endpoints }, `liar-${count}`);
    report({ issued: 7 }, "web-1");
    expect(table.entries).toBe(LIMITS.entries);
    expect(table.unkept.full).toBe(1);
    expect(table.of("shop")?.perSecond.issued).toBeGreaterThan(0);
    clock.advance(71_000);
    report({ issued: 7 }, "web-1");
    expect(table.entries).toBe(1);
  });

  test("merges the latencies of all reporters, by endpoint and over the service, and counts errors by kind", () => {
    const fast = Array.from({ length: 90 }, () => 10);
    report({ issued: 90, endpoints: ["e:1"], latencies: fast }, "web-1");
    report({ issued: 12, failed: 2, refused: 2, endpoints: ["e:2"], latencies: Array.from({ length: 10 }, () => 1_000) }, "web-1");
    report({ issued: 90, endpoints: ["e:1"], latencies: fast }, "web-2");
    const near = (ms: number) => expect.closeTo(ms, ms > 100 ? -2 : 0);
    expect(table.of("shop")).toMatchObject({
      requests: 192,
      errors: { connect: 2, timeout: 0, broken: 0, "5xx": 0 },
      latencies: { p50: near(10), p90: near(10), p99: near(1_000) },
    });
    expect(table.endpoints("shop", 10)).toMatchObject([
      { endpoint: "e:1", reporters: 2, requests: 180, errors: { connect: 0 }, latencies: { p50: near(10), p99: near(10) } },
      { endpoint: "e:2", reporters: 1, requests: 12, errors: { connect: 2 }, latencies: { p50: near(1_000) } },
    ]);
    expect(table.endpoints("shop", 1)).toHaveLength(1);
  });

  test("latencies follow a change within a minute", () => {
    for (const ms of [10, 10, 10, 200, 200, 200, 200]) {
      clock.advance(10_000);
      report({ issued: 100, latencies: Array.from({ length: 100 }, () => ms) });
    }
    expect(table.of("shop")?.latencies?.p50).toBeGreaterThan(180);
  });

  test("latencies that cannot be read are lost alone, said once and counted", async () => {
    report({ issued: 5, latencies: "nonsense", windowMs: 10_000 });
    report({ issued: 5, latencies: "" }, "web-2");
    expect(table.of("shop")).toMatchObject({ requests: 10, reporters: 2, latencies: undefined });
    report({ issued: 5, latencies: [10] });
    expect(table.of("shop")).toMatchObject({ requests: 15, latencies: { p99: expect.closeTo(10, 0) } });
    expect(log.count("load-latencies-refused")).toBe(1);
    expect(await metrics.expose()).toContain('fairlead_load_unkept_total{reason="bad-latencies"} 2');
  });

  test("keeps no more endpoints than its limit, counts the others, sums them up all the same, and takes more once the old have expired", () => {
    const endpoints = (from: number) => Array.from({ length: 10 }, (_, index) => `e:${from + index}`);
    for (const from of [0, 10, 20]) report({ issued: 1, latencies: [10], endpoints: endpoints(from) }, `web-${from}`);
    expect(table.endpoints("shop", 100)).toHaveLength(LIMITS.endpoints);
    expect(table.unkept["endpoints-full"]).toBe(10);
    expect(table.of("shop")?.requests).toBe(30);
    clock.advance(71_000);
    report({ issued: 1, endpoints: ["e:99"] });
    expect(table.endpoints("shop", 100)).toMatchObject([{ endpoint: "e:99", latencies: undefined }]);
  });

  test("a service is quiet since the last report of a request, one in progress among them, and never since before the start", () => {
    expect(table.quietSinceMs("shop")).toBe(1_000_000);
    clock.advance(20_000);
    report({ inProgress: 1 });
    expect(table.quietSinceMs("shop")).toBe(1_020_000);
    clock.advance(20_000);
    report({});
    expect(table.quietSinceMs("shop")).toBe(1_020_000);
    report({ dropped: 1, endpoints: [] });
    expect(table.quietSinceMs("shop")).toBe(1_040_000);
  });

  test("exports totals by service and outcome, never by who reports", async () => {
    report({ issued: 5, failed: 2, refused: 1, latencies: [10, 10, 10, 10] }, "web-1");
    report({ issued: 5, dropped: 1 }, "web-2");
    const text = await metrics.expose();
    expect(text).toContain('fairlead_load_requests_total{service="shop",outcome="issued"} 10');
    expect(text).toContain('fairlead_load_requests_total{service="shop",outcome="failed"} 2');
    expect(text).toContain('fairlead_load_requests_total{service="shop",outcome="dropped"} 1');
    expect(text).toContain("fairlead_load_reports_total 2");
    expect(text).toContain('fairlead_load_errors_total{service="shop",kind="connect"} 1');
    expect(text).toMatch(/fairlead_load_latency_seconds\{service="shop",quantile="0.5"\} 0\.010\d+/);
    expect(text).not.toContain("web-1");
  });
});
