import { startBackend } from "../harness/backend.js";
import { startLoad } from "../harness/http-load.js";
import { until } from "../harness/until.js";
import type { Bench } from "./bench.js";

const requests = 20_000;

/** What the load generator and a sample backend can do without anything between them: no other figure can be better. */
export const harnessFloor: Bench = {
  name: "harness-floor",
  measures: `requests a second of the load generator against one sample backend, nothing between (${requests} requests, 16 clients)`,
  run: async () => {
    const backend = await startBackend({ name: "floor" });
    const startMs = performance.now();
    const load = startLoad({ port: backend.port, clients: 16 });
    await until(`${requests} answers`, () => load.report().ok >= requests, { timeoutMs: 120_000 });
    const seconds = (performance.now() - startMs) / 1000;
    const report = await load.stop();
    return { requests: report.ok, failed: report.failed, per_second: Math.round(report.ok / seconds) };
  },
};
