import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { startLoad } from "../harness/http-load.js";
import { QUICK_CHECK, serviceBody, sidecarOf, untilUsable } from "../harness/mesh.js";
import { startControlPlane } from "../harness/planes.js";
import { until, untilEqual } from "../harness/until.js";
import { startZooKeeper } from "../harness/zookeeper.js";
import { openZooKeeperSession } from "../harness/zookeeper-client.js";

const SESSION_TIMEOUT = "15s";

async function meshOfThree() {
  const server = await startZooKeeper();
  const session = await openZooKeeperSession(server.address);
  await session.mkdirp("/members/cart");
  const backends = await Promise.all(["one", "two", "three"].map((name) => startBackend({ name })));
  for (const backend of backends) await session.create(`/members/cart/${backend.name}`, backend.address, "ephemeral");
  const controlPlane = await startControlPlane({
    sources: [
      {
        name: "zk",
        type: "zookeeper",
        servers: [server.address],
        sessionTimeout: SESSION_TIMEOUT,
        paths: [{ path: "/members/cart", service: "cart", format: "host-port" }],
      },
    ],
    defaults: { check: QUICK_CHECK },
  });
  const sidecar = await sidecarOf(controlPlane, ["cart"]);
  const addresses = backends.map(({ address }) => address);
  await untilUsable(sidecar, "cart", addresses);
  return { server, session, backends, controlPlane, sidecar, addresses };
}

test("while ZooKeeper is stopped the set stays, marked stale with its age, and serves", async () => {
  const { server, controlPlane, sidecar, addresses } = await meshOfThree();
  const load = startLoad({ port: sidecar.ports["cart"] ?? 0, clients: 4, perSecond: 100 });
  await server.stop("SIGKILL");
  await until("the service to be marked stale with an age", async () => {
    const { stale, contributions } = await serviceBody(controlPlane, "cart");
    return stale && (contributions[0]?.staleForSeconds ?? 0) > 1;
  });
  const { sources } = await controlPlane.api<{ sources: { name: string; state: string; ageSeconds: number; reason: string }[] }>(
    "/v1/sources",
  );
  expect(sources[0]).toMatchObject({ name: "zk", state: "stale" });
  expect(sources[0]?.ageSeconds).toBeGreaterThan(0);
  const status = await controlPlane.api<{ degraded: { mode: string }[] }>("/v1/status");
  expect(status.degraded.map(({ mode }) => mode)).toContain("stale-source");
  await untilUsable(sidecar, "cart", addresses);
  await server.start();
  await untilEqual("the service to be current again", async () => (await serviceBody(controlPlane, "cart")).stale, false);
  expect(await load.stop()).toMatchObject({ failed: 0 });
});

test("a session wipe that takes every ephemeral empties nothing, and their return is no event", async () => {
  const { server, session, backends, controlPlane, sidecar, addresses } = await meshOfThree();
  const load = startLoad({ port: sidecar.ports["cart"] ?? 0, clients: 4, perSecond: 100 });
  const version = (await serviceBody(controlPlane, "cart")).version;
  await server.expire(session.id);
  await untilEqual("every removal to be held", async () => (await serviceBody(controlPlane, "cart")).endpoints.held, 3);
  expect((await serviceBody(controlPlane, "cart")).members.map(({ hold }) => hold?.kind)).toEqual(["shrink", "shrink", "shrink"]);
  await untilUsable(sidecar, "cart", addresses);
  const again = await openZooKeeperSession(server.address);
  for (const backend of backends) await again.create(`/members/cart/${backend.name}-again`, backend.address, "ephemeral");
  await untilEqual("nobody to be held", async () => (await serviceBody(controlPlane, "cart")).endpoints.held, 0);
  expect((await serviceBody(controlPlane, "cart")).version).toBe(version);
  expect(await load.stop()).toMatchObject({ failed: 0 });
});

test("an operator can confirm that a service is really gone", async () => {
  const { server, session, controlPlane, sidecar } = await meshOfThree();
  await server.expire(session.id);
  await untilEqual("every removal to be held", async () => (await serviceBody(controlPlane, "cart")).endpoints.held, 3);
  const answer = await controlPlane.ask("/v1/services/cart/confirm", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ author: "ops", reason: "decommissioned" }),
  });
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body)).toMatchObject({ service: "cart", ended: 3 });
  await untilUsable(sidecar, "cart", []);
  expect((await sidecar.get("cart")).status).toBe(503);
});

test("safety off, by reload, lets a held removal go", async () => {
  const { server, session, controlPlane, sidecar, addresses } = await meshOfThree();
  await server.expire(session.id);
  await untilEqual("every removal to be held", async () => (await serviceBody(controlPlane, "cart")).endpoints.held, 3);
  await untilUsable(sidecar, "cart", addresses);
  controlPlane.rewriteConfig({
    sources: [
      {
        name: "zk",
        type: "zookeeper",
        servers: [server.address],
        sessionTimeout: SESSION_TIMEOUT,
        paths: [{ path: "/members/cart", service: "cart", format: "host-port" }],
      },
    ],
    defaults: { check: QUICK_CHECK, safety: "off" },
  });
  await untilUsable(sidecar, "cart", []);
});
