import { expect, test } from "vitest";
import { BucketCounts } from "./bucket-counts.js";
import { newMetrics } from "./metrics.js";

test("a value counts in the first bucket that holds it, and in all above it", () => {
  const counts = new BucketCounts([0.01, 0.1, 1]);
  for (const value of [0.01, 0.02, 5]) counts.add(value);
  expect(counts.cumulative()).toEqual([1, 2, 2, 3]);
  expect(counts.sum).toBeCloseTo(5.03);
});

test("counts are exposed as a histogram of Prometheus, as they are when somebody asks", async () => {
  const metrics = newMetrics();
  const counts = new BucketCounts([0.5, 1]);
  metrics.sampledHistogram({ name: "wait_seconds", help: "How long.", labels: ["phase"], buckets: [0.5, 1] }, () => [
    { labels: { phase: "sent" }, counts },
  ]);
  counts.add(0.25);
  counts.add(2);
  expect((await metrics.expose()).trim().split("\n")).toEqual([
    "# HELP fairlead_wait_seconds How long.",
    "# TYPE fairlead_wait_seconds histogram",
    'fairlead_wait_seconds_bucket{phase="sent",le="0.5"} 1',
    'fairlead_wait_seconds_bucket{phase="sent",le="1"} 1',
    'fairlead_wait_seconds_bucket{phase="sent",le="+Inf"} 2',
    'fairlead_wait_seconds_sum{phase="sent"} 2.25',
    'fairlead_wait_seconds_count{phase="sent"} 2',
  ]);
});
