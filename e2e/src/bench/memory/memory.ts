import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { startControlPlane, startSidecar } from "../../harness/planes.js";
import { freePort } from "../../harness/ports.js";
import { until } from "../../harness/until.js";
import type { Bench } from "../bench.js";
import { startHosts } from "../hosts.js";
import { rssMbOf } from "../process-usage.js";
import { shippedEnvironment, shippedSidecar } from "../shipped.js";

const SERVICES = 500;
const PER_SERVICE = 20;
const SUBSCRIBED = 20;
const CONNECTIONS = 5_000;
/** Connections are opened so many at a time: a burst, but none that the kernel's queues cut. */
const AT_ONCE = 250;
const GET = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";
const SETTLE_MS = 60_000;

/** What a sidecar keeps in memory: of a large fleet of which it calls a part, in a burst of connections, and a minute after it. */
export const memory: Bench = {
  name: "memory",
  measures: `RSS of a sidecar: ${SERVICES * PER_SERVICE} endpoints known, ${SUBSCRIBED} services subscribed; ${CONNECTIONS} connections, and a minute later`,
  run: async () => {
    const hosts = await startHosts(PER_SERVICE);
    const listed = (service: number) =>
      service === 0 ? hosts.ids : Array.from({ length: PER_SERVICE }, (_, host) => `10.${service >> 8}.${service & 255}.${host + 1}:80`);
    const services = Object.fromEntries(
      Array.from({ length: SERVICES }, (_, service) => [`shop-${service}`, listed(service).map((address) => ({ address }))]),
    );
    const controlPlane = await startControlPlane({
      sources: [{ name: "fixed", type: "static", services }],
      defaults: { check: "none", lb: "least-request" },
    });
    const port = await freePort();
    const upstreams = Array.from({ length: SUBSCRIBED }, (_, service) => ({
      service: `shop-${service}`,
      listen: `127.0.0.1:${service === 0 ? port : 0}`,
    }));
    const script = shippedSidecar();
    const sidecar = await startSidecar(
      { controlPlane: { addresses: [controlPlane.xdsAddress] }, upstreams },
      { script, env: shippedEnvironment() },
    );
    const rss = () => rssMbOf(sidecar.process().pid);
    await sleep(5_000);
    const idle = rss();
    const sockets: Socket[] = [];
    while (sockets.length < CONNECTIONS) sockets.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => answered(port)))));
    const burst = rss();
    for (const socket of sockets) socket.destroy();
    const after: Record<string, number> = {};
    for (let second = 10; second <= SETTLE_MS / 1_000; second += 10) {
      await sleep(10_000);
      after[`after_${second}_s`] = rss();
    }
    const settled = rss();
    return {
      endpoints: SERVICES * PER_SERVICE,
      rss_mb: { idle, burst, ...after },
      settled_over_idle: Math.round((100 * settled) / idle) / 100,
    };
  },
};

/** A connection that has had one answer and stays open. */
async function answered(port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port });
  let heard = "";
  socket.on("data", (chunk: Buffer) => {
    heard += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  socket.write(GET);
  await until("an answer", () => heard.includes("\r\n\r\n"), { timeoutMs: 60_000 });
  if (!heard.startsWith("HTTP/1.1 200 ")) throw new Error(`answered ${heard.slice(0, 200)}`);
  return socket;
}
