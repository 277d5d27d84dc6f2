import { expect, test } from "vitest";
import { ClusterCounters, LATENCY_BOUNDS_MS, latencyBucket, STATUS_CLASSES } from "./cluster-counters.js";

test("a latency falls into the first bucket whose bound it does not exceed", () => {
  for (const tookMs of [0, 0.1, 0.25, 0.26, 0.5, 1, 3, 1_000, 32_768, 65_536, 1e9]) {
    const bucket = latencyBucket(tookMs);
    expect(tookMs).toBeLessThanOrEqual(LATENCY_BOUNDS_MS[bucket] ?? 0);
    if (bucket > 0) expect(tookMs).toBeGreaterThan(LATENCY_BOUNDS_MS[bucket - 1] ?? 0);
  }
});

test("dropped are the requests that were given up before an endpoint was chosen", () => {
  const counters = new ClusterCounters();
  for (const reason of ["not-ready", "no-endpoints", "overloaded", "upstream-timeout", "bad-request"] as const) counters.replied(reason);
  expect(counters.dropped).toBe(3);
});

test("finished requests are counted by class, those without a status apart", () => {
  const counters = new ClusterCounters();
  for (const status of [200, 204, 404, 503, undefined]) counters.finish(status, 1);
  expect(Object.fromEntries(STATUS_CLASSES.map((name, index) => [name, counters.finished[index]]))).toEqual({
    none: 1,
    "1xx": 0,
    "2xx": 2,
    "3xx": 0,
    "4xx": 1,
    "5xx": 1,
  });
  expect(counters.latency.reduce((sum, count) => sum + count, 0)).toBe(5);
});
