import { startControlPlane } from "../../harness/planes.js";
import { startSnapshotHistory } from "../../harness/snapshot-history.js";
import { until, untilEqual } from "../../harness/until.js";
import type { Bench } from "../bench.js";
import { cpuMicrosOf } from "../process-usage.js";
import { measureDiffMs } from "./diff.js";
import { startResponder } from "./responder.js";

const BIG = { records: 4_000, ttlSeconds: 1, watchedMs: 20_000 };
/** Warm-up: past the start, where everything is asked at once, and into the rhythm of the TTL. */
const MANY = { names: 10_000, ttlSeconds: 5, warmUpMs: 15_000, watchedMs: 30_000 };

/**
 * One name of 4,000 addresses, over TCP, in another order each time. `diff_ms`: what a refresh takes in this process
 * without network: query, decoding, difference; the median. `cpu_us_per_refresh`: CPU of the whole control plane, sockets
 * included, per refresh. `events_on_shuffle`: assignments pushed to a client meanwhile.
 * 10,000 names with a TTL of 5 s: `late_names` were asked again only after their answer had run out, as the server saw it,
 * `late_lookups` as the control plane did; `core_share`: CPU of the control plane, all its threads, as a share of one core. The server is a
 * process of ours that does little, and no check runs.
 */
export const dns: Bench = {
  name: "dns",
  measures: "a 4,000-record answer over TCP, shuffled; 10,000 names kept fresh at a TTL of 5 s",
  run: async () => {
    const diffMs = await measureDiffMs(BIG.records);
    return { diff_ms: diffMs, ...(await bigName()), ...(await manyNames()) };
  },
};

async function bigName() {
  const responder = await startResponder({ ttlSeconds: BIG.ttlSeconds, bigRecords: BIG.records });
  const controlPlane = await startControlPlane(configOf(responder.address, [{ service: "big", name: "big.test.", type: "A", port: 8080 }]));
  const history = await startSnapshotHistory(controlPlane, "big");
  await untilEqual("records published", () => history.now().addresses.length, BIG.records, { timeoutMs: 20_000 });
  history.forget();
  const { pid } = controlPlane.process();
  await responder.counted();
  const cpuBefore = cpuMicrosOf(pid);
  await pause(BIG.watchedMs);
  const cpuMicros = cpuMicrosOf(pid) - cpuBefore;
  const { questions } = await responder.counted();
  const figures = {
    cpu_us_per_refresh: Math.round(cpuMicros / questions),
    events_on_shuffle: history.steps().length - 1,
    refreshes: questions,
  };
  console.log(JSON.stringify(figures));
  history.stop();
  await controlPlane.stop();
  await responder.stop();
  return figures;
}

async function manyNames() {
  const responder = await startResponder({ ttlSeconds: MANY.ttlSeconds, bigRecords: 0 });
  const names = Array.from({ length: MANY.names }, (_, index) => ({
    service: `s${index}`,
    name: `n${index}.test.`,
    type: "A",
    port: 8080,
  }));
  const controlPlane = await startControlPlane(configOf(responder.address, names));
  const published = async () => (await controlPlane.api<{ services: unknown[] }>("/v1/snapshot")).services.length;
  await until("every name to be published", async () => (await published()) === MANY.names, { timeoutMs: 60_000, everyMs: 500 });
  await pause(MANY.warmUpMs);
  const lateSoFar = async () => (await controlPlane.metric('fairlead_dns_lookups_late_total{source="dns"}')) ?? 0;
  const { pid } = controlPlane.process();
  const lateBefore = await lateSoFar();
  await responder.counted();
  const cpuBefore = cpuMicrosOf(pid);
  const beganMs = performance.now();
  await pause(MANY.watchedMs);
  const cpuMicros = cpuMicrosOf(pid) - cpuBefore;
  const tookMs = performance.now() - beganMs;
  const { questions, lateNames } = await responder.counted();
  const figures = {
    late_names: lateNames,
    late_lookups: (await lateSoFar()) - lateBefore,
    core_share: Math.round(cpuMicros / tookMs / 10) / 100,
    queries_per_second: Math.round(questions / (tookMs / 1_000)),
  };
  await controlPlane.stop();
  await responder.stop();
  return figures;
}

function configOf(resolver: string, names: readonly object[]) {
  return { sources: [{ name: "dns", type: "dns", resolvers: [resolver], names }], defaults: { check: "none" } };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
