import { expect, test } from "vitest";
import { reportedLoadOf } from "./load-metrics.js";

test.each([
  [
    "TEXT cpu_utilization=0.3, rps_fractional=12.5,eps=2,named_metrics.x=9",
    { utilization: 0.3, requestsPerSecond: 12.5, errorsPerSecond: 2 },
  ],
  [
    'JSON {"application_utilization":0.7,"cpu_utilization":0.1,"rps_fractional":5}',
    { utilization: 0.7, requestsPerSecond: 5, errorsPerSecond: 0 },
  ],
  ["JSON {", { utilization: 0, requestsPerSecond: 0, errorsPerSecond: 0 }],
  ["TEXT cpu_utilization=NaN", { utilization: 0, requestsPerSecond: 0, errorsPerSecond: 0 }],
  ["BIN AAAA", undefined],
  [`TEXT ${"x".repeat(5_000)}`, undefined],
])("a report of %s is understood as far as it can be", (value, load) => {
  expect(reportedLoadOf(["Content-Type", "text/plain", "Endpoint-Load-Metrics", value])).toEqual(load);
});
