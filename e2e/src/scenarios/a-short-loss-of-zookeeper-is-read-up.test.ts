import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { startFaultProxy } from "../harness/fault-proxy.js";
import { startLoad } from "../harness/http-load.js";
import { serviceBody, sidecarOf } from "../harness/mesh.js";
import { startControlPlane } from "../harness/planes.js";
import { loopbackAddresses, register } from "../harness/registrations.js";
import { startSnapshotHistory } from "../harness/snapshot-history.js";
import { until, untilEqual } from "../harness/until.js";
import { startZooKeeper } from "../harness/zookeeper.js";
import { openZooKeeperSession } from "../harness/zookeeper-client.js";

/** The window of doubt after a return is twice this. */
const SESSION_TIMEOUT = "2s";
const TRUTH_WITHIN_MS = 2_000;

test("thirty registrations change while ZooKeeper is out of reach: who is there is published within 2 s, no half of it removes anybody", async () => {
  const server = await startZooKeeper();
  const proxy = await startFaultProxy(server);
  const session = await openZooKeeperSession(server.address);
  await session.mkdirp("/members/cart");
  const { port } = await startBackend({ name: "all", host: "0.0.0.0" });
  // Thirty changes: ten leave, ten move to another address in the same znode, ten come. Twenty stay.
  const all = loopbackAddresses(60, port);
  const staying = all.slice(0, 20);
  const leaving = all.slice(20, 30);
  const before = all.slice(30, 40);
  const after = all.slice(40, 50);
  const coming = all.slice(50, 60);
  await register(session, "/members/cart", staying, "stays");
  const left = await register(session, "/members/cart", leaving, "leaves");
  const moved = await register(session, "/members/cart", before, "moves");
  const controlPlane = await startControlPlane({
    sources: [
      {
        name: "zk",
        type: "zookeeper",
        servers: [proxy.address],
        sessionTimeout: SESSION_TIMEOUT,
        paths: [{ path: "/members/cart", service: "cart", format: "host-port" }],
      },
    ],
    defaults: { check: "none" },
  });
  const sidecar = await sidecarOf(controlPlane, ["cart"]);
  const history = await startSnapshotHistory(controlPlane, "cart");
  const load = startLoad({ port: sidecar.ports["cart"] ?? 0, clients: 4, perSecond: 200 });
  const sessions = new Set(await server.sessions());

  await proxy.set({ kind: "refuse" });
  await until("the service to be stale", async () => (await serviceBody(controlPlane, "cart")).stale);
  await Promise.all([
    ...left.map((path) => session.remove(path)),
    ...moved.map((path, index) => session.set(path, after[index] ?? "")),
    register(session, "/members/cart", coming, "comes"),
  ]);
  history.neverChanged();
  await proxy.set({ kind: "pass" });
  const healedMs = performance.now();
  const truth = [...staying, ...after, ...coming];
  await until("everybody who is there to be published", () => truth.every((address) => history.now().addresses.includes(address)));
  expect(history.now().atMs - healedMs).toBeLessThan(TRUTH_WITHIN_MS);
  history.neverLost(...staying, ...leaving, ...before);
  await untilEqual("the session to be the one from before", async () => new Set(await server.sessions()), sessions);

  // Who is gone leaves when the source is calm again, in one step.
  await untilEqual("the truth", () => history.now().addresses, [...truth].sort());
  history.neverLost(...staying);
  history.neverBelow(40);
  const sizes = history.steps().map(({ addresses }) => addresses.length);
  expect(sizes.filter((size, at) => size < (sizes[at - 1] ?? 0))).toEqual([40]);
  expect(await load.stop()).toMatchObject({ failed: 0 });
});
