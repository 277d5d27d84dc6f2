import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Backend, startBackend } from "../harness/backend.js";
import { httpRequest } from "../harness/http-request.js";
import { type MeshSidecar, sidecarOf, untilAllAnswer, untilUsable } from "../harness/mesh.js";
import { startControlPlane } from "../harness/planes.js";
import { startZooKeeper } from "../harness/zookeeper.js";
import { openZooKeeperSession, type ZooKeeperSession } from "../harness/zookeeper-client.js";
import type { Bench } from "./bench.js";
import { percentile } from "./percentile.js";

const runs = 100;
/** The removal before was a publish: a registration in a calm fleet does not fall into the 50 ms after one, in which changes merge. */
const calmMs = 100;
/** Enough that a request is always under way, few enough to leave the planes a core. */
const clients = 2;
const runTimeoutMs = 10_000;

/**
 * How long until an instance that registers itself gets work: ZooKeeper's watch, the read of the znode, the first check,
 * the publish delay (10 ms), the ADS push and the sidecar's apply are all in it. Another instance is there all the while:
 * the service is in use, and the new one has to pass its first check before it serves.
 */
export const znodeToRequest: Bench = {
  name: "znode-to-request",
  measures: `znode created to first request answered by its backend, through ZooKeeper, control plane and sidecar (${runs} runs)`,
  run: async () => {
    const server = await startZooKeeper();
    const session = await openZooKeeperSession(server.address);
    await session.mkdirp("/members/cart");
    const old = await startBackend({ name: "old" });
    const added = await startBackend({ name: "added" });
    await session.create("/members/cart/old", old.address, "ephemeral");
    const zk = {
      name: "zk",
      type: "zookeeper",
      servers: [server.address],
      paths: [{ path: "/members/cart", service: "cart", format: "host-port" }],
    };
    const controlPlane = await startControlPlane({ sources: [zk], defaults: { lb: "round-robin" } });
    const sidecar = await sidecarOf(controlPlane, ["cart"]);
    await untilAllAnswer(sidecar, "cart", ["old"]);
    const tookMs = await measureAll({ session, sidecar, old, added });
    return { runs, p50_ms: percentile(tookMs, 50), p99_ms: percentile(tookMs, 99), max_ms: percentile(tookMs, 100) };
  },
};

interface Stage {
  readonly session: ZooKeeperSession;
  readonly sidecar: MeshSidecar;
  readonly old: Backend;
  readonly added: Backend;
}

async function measureAll({ session, sidecar, old, added }: Stage): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const tookMs: number[] = [];
  try {
    for (let run = 0; run < runs; run++) {
      const beganMs = performance.now();
      const [path, answeredMs] = await Promise.all([
        session.create("/members/cart/added", added.address, "ephemeral"),
        firstAnswer(sidecar, added.name, agent),
      ]);
      tookMs.push(answeredMs - beganMs);
      await session.remove(path);
      // The removal is debounced (1 s): the next run must not begin with the endpoint still there.
      await untilUsable(sidecar, "cart", [old.address]);
      await sleep(calmMs);
      if ((run + 1) % 10 === 0) console.log(`${run + 1} of ${runs} runs, median so far ${percentile(tookMs, 50)} ms`);
    }
  } finally {
    agent.destroy();
  }
  return tookMs;
}

/** Sends requests one after the other on each of a few kept connections. @returns when one was answered by `name` */
async function firstAnswer(sidecar: MeshSidecar, name: string, agent: Agent): Promise<number> {
  const endMs = performance.now() + runTimeoutMs;
  const found = { atMs: 0 };
  const client = async () => {
    while (found.atMs === 0) {
      const { status, headers } = await httpRequest({ port: sidecar.ports["cart"] ?? 0, path: "/", agent });
      const nowMs = performance.now();
      if (status !== 200) throw new Error(`the sidecar answered ${status} during the bench`);
      if (headers["x-backend"] === name && found.atMs === 0) found.atMs = nowMs;
      if (nowMs > endMs) throw new Error(`no answer by ${name} within ${runTimeoutMs} ms of its znode`);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return found.atMs;
}
