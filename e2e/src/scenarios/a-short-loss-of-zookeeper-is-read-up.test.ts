import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { startFaultProxy } from "../harness/fault-proxy.js";
import { startLoad } from "../harness/http-load.js";
import { serviceBody, sidecarOf } from "../harness/mesh.js";
import { startFastControlPlane } from "../harness/planes.js";
import { loopbackAddresses, register } from "../harness/registrations.js";
import { startSnapshotHistory } from "../harness/snapshot-history.js";
import { until, untilEqual } from "../harness/until.js";
import { startZooKeeper } from "../harness/zookeeper.js";
import { openZooKeeperSession } from "../harness/zookeeper-client.js";

/** The control plane's clocks run so many times as fast. */
const TIMES = 15;
/** Asked of ZooKeeper as 6 s: the loss is a short one on a busy machine too. The window of doubt is 90 s of its time, 6 s here. */
const SESSION_TIMEOUT = "90s";

test("thirty registrations change while ZooKeeper is out of reach: who is there is published at once, no half of it removes anybody", async () => {
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
  const controlPlane = await startFastControlPlane(TIMES, {
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
  const truth = [...staying, ...after, ...coming];
  await until("everybody who is there to be published", () => truth.every((address) => history.now().addresses.includes(address)));
  // It waited for no window of doubt: that is still open, and holds everybody who left.
  const [first] = history.steps().filter(({ addresses }) => truth.every((address) => addresses.includes(address)));
  expect(first?.addresses).toEqual([...truth, ...leaving, ...before].sort());
  await untilEqual("the session to be the one from before", async () => new Set(await server.sessions()), sessions);

  // Who is gone leaves when the source is calm again, in one step.
  await untilEqual("the truth", () => history.now().addresses, [...truth].sort());
  history.neverLost(...staying);
  history.neverBelow(40);
  const sizes = history.steps().map(({ addresses }) => addresses.length);
  expect(sizes.filter((size, at) => size < (sizes[at - 1] ?? 0))).toEqual([40]);
  expect(await load.stop()).toMatchObject({ failed: 0 });
});
