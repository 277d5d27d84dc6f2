import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sidecarOf } from "../../harness/mesh.js";
import { type ControlPlane, startControlPlane } from "../../harness/planes.js";
import { temporaryFolder } from "../../harness/teardown.js";
import { until } from "../../harness/until.js";
import type { Bench } from "../bench.js";
import { cpuMicrosOf } from "../process-usage.js";
import { type CheckTargets, startCheckTargets } from "./check-targets.js";

const ENDPOINTS = 20_000;
const PER_SERVICE = 100;
const INTERVAL_S = 5;
const WATCHED_S = Number(process.env["BENCH_SECONDS"] ?? "30");
/** Lists in which an endpoint comes or goes all the time, so that snapshots are published: a list is read 100 ms after it changed. */
const LISTS = 5;
const CHANGED_EVERY_MS = 250;
const SIDECARS = 3;

/**
 * A control plane on one core that checks 20,000 endpoints on as many loopback addresses every 5 s, while 20 times a second an endpoint comes
 * or goes in one of five lists, and the change is published. Its CPU less that of one that checks nothing and publishes the same is what checks cost. False
 * time-outs: results other than passed; every target answers always. Connections a target takes are counted with and without sidecars.
 */
export const checks: Bench = {
  name: "checks",
  measures: "20,000 endpoints checked every 5 s on one core beside constant publishing: CPU per check, false time-outs",
  run: async () => {
    const targets = await startCheckTargets();
    const without = await measure(targets, "none");
    const tcp = await measure(targets, { type: "tcp", interval: `${INTERVAL_S}s`, timeout: "1s" });
    const http = await measure(targets, { type: "http", path: "/healthz", interval: `${INTERVAL_S}s`, timeout: "1s" });
    const perCheck = (one: Measured) => Math.round(((one.coreShare - without.coreShare) * 1e6) / one.checksPerSecond);
    say("no checks", without);
    say("tcp", tcp);
    say("http", http);
    return {
      endpoints: ENDPOINTS,
      false_timeouts: tcp.notPassed + http.notPassed,
      cpu_us_per_check: { tcp: perCheck(tcp), http: perCheck(http) },
      core_share: { tcp: share(tcp.coreShare), http: share(http.coreShare), publishing_alone: share(without.coreShare) },
      checks_with_over_without_sidecars: share(tcp.withSidecarsOver),
    };
  },
};

interface Measured {
  readonly coreShare: number;
  readonly checksPerSecond: number;
  readonly notPassed: number;
  /** Connections the targets took with sidecars connected, over those without. */
  readonly withSidecarsOver: number;
}

async function measure(targets: CheckTargets, check: unknown): Promise<Measured> {
  const lists = Array.from({ length: LISTS }, (_, at) => join(temporaryFolder("checked"), `churn-${at}.json`));
  const churn = (step: number) => {
    const path = lists[step % LISTS] ?? "";
    const addresses = Array.from({ length: 10 + (Math.floor(step / LISTS) % 2) }, (_, at) => `127.200.0.${at + 1}:${targets.port}`);
    const service = `churn-${step % LISTS}`;
    writeFileSync(`${path}.next`, JSON.stringify({ services: { [service]: addresses.map((address) => ({ address })) } }));
    renameSync(`${path}.next`, path);
  };
  for (let step = 0; step < LISTS; step++) churn(step);
  const controlPlane = await startControlPlane(
    {
      sources: [
        { name: "lists", type: "static", services: services(targets.port) },
        ...lists.map((path, at) => ({ name: `churn-${at}`, type: "file", path })),
      ],
      // An endpoint that goes is no news that waits.
      defaults: { check, safety: "off" },
    },
    { within: ["taskset", "-c", "0"], env: { FAIRLEAD_LOG_LEVEL: "error" } },
  );
  if (check !== "none")
    await until("everybody to be checked", async () => (await healthy(controlPlane)) >= ENDPOINTS, { timeoutMs: 60_000 });
  let step = LISTS;
  const timer = setInterval(() => churn(step++), CHANGED_EVERY_MS / LISTS);
  try {
    await sleep(2 * INTERVAL_S * 1_000);
    const alone = await count(targets);
    const looked = await look(controlPlane);
    for (let at = 0; at < SIDECARS; at++) await sidecarOf(controlPlane, ["shop-0", "churn-0"], { id: `web-${at}` });
    await sleep(INTERVAL_S * 1_000);
    return { ...looked, withSidecarsOver: check === "none" ? 1 : (await count(targets)) / alone };
  } finally {
    clearInterval(timer);
    await controlPlane.stop();
  }
}

/** CPU and results over the watched time. */
async function look(controlPlane: ControlPlane): Promise<Omit<Measured, "withSidecarsOver">> {
  const { pid } = controlPlane.process();
  const startCpu = cpuMicrosOf(pid);
  const start = await results(controlPlane);
  const startMs = performance.now();
  await sleep(WATCHED_S * 1_000);
  const seconds = (performance.now() - startMs) / 1_000;
  const coreShare = (cpuMicrosOf(pid) - startCpu) / 1e6 / seconds;
  const end = await results(controlPlane);
  return { coreShare, checksPerSecond: (end.all - start.all) / seconds, notPassed: end.all - end.passed };
}

async function count(targets: CheckTargets): Promise<number> {
  const before = await targets.accepted();
  await sleep(2 * INTERVAL_S * 1_000);
  return (await targets.accepted()) - before;
}

async function results(controlPlane: ControlPlane): Promise<{ readonly all: number; readonly passed: number }> {
  const { body } = await controlPlane.ask("/metrics");
  const counts = [...body.matchAll(/^fairlead_health_(?:checks_total\{result="(\w+)"\}|probes_starved_total) (\d+)$/gm)];
  const sum = (of: readonly RegExpMatchArray[]) => of.reduce((total, [, , value]) => total + Number(value), 0);
  return { all: sum(counts), passed: sum(counts.filter(([, result]) => result === "passed")) };
}

async function healthy(controlPlane: ControlPlane): Promise<number> {
  return (await controlPlane.metric('fairlead_health_endpoints{status="healthy"}')) ?? 0;
}

function services(port: number) {
  const address = (at: number) => ({ address: `127.${10 + (at >> 14)}.${(at >> 7) & 127}.${(at & 127) + 1}:${port}` });
  return Object.fromEntries(
    Array.from({ length: ENDPOINTS / PER_SERVICE }, (_, service) => [
      `shop-${service}`,
      Array.from({ length: PER_SERVICE }, (_each, at) => address(service * PER_SERVICE + at)),
    ]),
  );
}

function say(what: string, { coreShare, checksPerSecond, notPassed }: Measured): void {
  console.log(`${what}: ${share(coreShare)} of a core, ${Math.round(checksPerSecond)} checks a second, ${notPassed} did not pass`);
}

function share(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
