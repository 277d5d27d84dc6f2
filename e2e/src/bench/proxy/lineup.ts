// Who takes part, and how each is started: one process, one worker, on the proxies' core.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startEnvoy } from "../../harness/envoy.js";
import { preparedServers, repositoryTop } from "../../harness/paths.js";
import { startControlPlane, startSidecar } from "../../harness/planes.js";
import { freePort } from "../../harness/ports.js";
import { type Process, startNode, startProcess } from "../../harness/processes.js";
import { temporaryFolder } from "../../harness/teardown.js";
import { shippedEnvironment, shippedSidecar } from "../shipped.js";
import { envoyBootstrap, haproxyConfig, nginxConfig, originConfig } from "./configs.js";
import type { Contestant, ContestantName } from "./contestant.js";
import { OTHER_CORE, PROXY_CORE, pin } from "./cores.js";
import { LANES, type Lane, type LaneName, type LaneProtocol, lanesOf, type Origins } from "./lane.js";

/** In the order of the table. */
export const LINEUP: readonly ContestantName[] = [
  "ours",
  "haproxy",
  "nginx",
  "envoy",
  "undici",
  "node-http",
  "fastify",
  "httpxy",
  "http-proxy-3",
  "node-net",
];

/** Of the proxies in JavaScript each speaks one. */
function speaks(name: ContestantName): readonly LaneProtocol[] {
  switch (name) {
    case "ours":
    case "haproxy":
    case "nginx":
    case "envoy":
      return ["http", "tcp"];
    case "node-net":
      return ["tcp"];
    default:
      return ["http"];
  }
}

/**
 * Seen with the versions in package.json: undici behind @fastify/http-proxy answers every second request of a caller that says
 * `Connection: close` with an error; the last two give no answer to a WebSocket handshake while they have a keep-alive agent.
 */
const FAILS: Partial<Readonly<Record<ContestantName, readonly string[]>>> = {
  undici: ["websocket"],
  "node-http": ["websocket"],
  fastify: ["close", "websocket"],
  httpxy: ["websocket"],
  "http-proxy-3": ["websocket"],
};

/** The Node under ours and under the other proxies in JavaScript. */
export function benchNode(): string {
  const node24 = preparedServers().node24;
  return process.env["BENCH_NODE"] ?? (node24.ok ? node24.path : process.execPath);
}

export async function startContestant(name: ContestantName, origins: Origins): Promise<Contestant> {
  const lanes: Lane[] = [];
  for (const lane of Object.keys(LANES) as LaneName[])
    if (speaks(name).includes(LANES[lane])) lanes.push({ name: lane, port: await freePort(), origins: origins[lane] });
  const { child, version } = await start(name, lanes);
  pin(child.pid, PROXY_CORE);
  return { name, version, pid: child.pid, lanes, end: () => child.kill("SIGTERM"), fails: FAILS[name] ?? [] };
}

interface Started {
  readonly child: Process;
  readonly version: string;
}

function start(name: ContestantName, lanes: readonly Lane[]): Started | Promise<Started> {
  switch (name) {
    case "ours":
      return startOurs(lanes);
    case "envoy":
      return startStaticEnvoy(lanes);
    case "haproxy": {
      const child = startProcess({ name, command: "haproxy", args: ["-db", "-f", fileOf("haproxy.cfg", haproxyConfig(lanes))] });
      return { child, version: versionOf("haproxy", ["-v"]) };
    }
    case "nginx":
      return { child: startNginx(name, nginxConfig(lanes)), version: versionOf("nginx", ["-v"]) };
    default:
      return startPeer(name, lanes);
  }
}

/** What is shipped, with everything on, fed by a control plane that stays connected and has nothing to say. */
async function startOurs(lanes: readonly Lane[]): Promise<Started> {
  const endpoints = Object.fromEntries(lanes.map(({ name, origins }) => [name, origins.map((port) => ({ address: `127.0.0.1:${port}` }))]));
  const controlPlane = await startControlPlane({
    sources: [{ name: "fixed", type: "static", services: endpoints }],
    services: Object.fromEntries(lanesOf(lanes, "tcp").map(({ name }) => [name, { protocol: "tcp" }])),
  });
  pin(controlPlane.process().pid, OTHER_CORE);
  const nodePath = benchNode();
  const sidecar = await startSidecar(
    {
      node: { id: "bench", cluster: "bench" },
      controlPlane: { addresses: [controlPlane.xdsAddress] },
      upstreams: lanes.map(({ name, port }) => ({ service: name, listen: `127.0.0.1:${port}` })),
    },
    { nodePath, script: shippedSidecar(), env: shippedEnvironment(process.env["BENCH_NODE_ARGS"]) },
  );
  return { child: sidecar.process(), version: versionOf(nodePath, ["--version"]) };
}

async function startStaticEnvoy(lanes: readonly Lane[]): Promise<Started> {
  const found = preparedServers().envoy;
  const envoy = await startEnvoy(envoyBootstrap(lanes));
  return { child: envoy.process, version: found.ok ? found.version : "" };
}

function startPeer(name: ContestantName, lanes: readonly Lane[]): Started {
  const nodePath = benchNode();
  const child = startNode(join(repositoryTop, "e2e/dist/bench/proxy-peer-main.js"), [name, JSON.stringify(lanes)], { name, nodePath });
  return { child, version: versionOf(nodePath, ["--version"]) };
}

/** Bodies by file name. */
export async function startFileOrigins(bodies: Readonly<Record<string, Buffer>>): Promise<readonly number[]> {
  const folder = temporaryFolder("origin");
  for (const [name, body] of Object.entries(bodies)) writeFileSync(join(folder, name), body);
  const ports = [await freePort(), await freePort()];
  startNginx("origin", originConfig(ports, folder));
  return ports;
}

function startNginx(name: string, config: string): Process {
  return startProcess({ name, command: "nginx", args: ["-e", "stderr", "-c", fileOf("nginx.conf", config)] });
}

function fileOf(name: string, text: string): string {
  const file = join(temporaryFolder("proxy-bench"), name);
  writeFileSync(file, text);
  return file;
}

/** The first thing in its answer that looks like a version. */
function versionOf(command: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  return /\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0] ?? "";
}
