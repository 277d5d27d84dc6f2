import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { httpRequest } from "../harness/http-request.js";
import { QUICK_CHECK, serviceBody, sidecarOf, untilAllAnswer, untilUsable } from "../harness/mesh.js";
import { type ControlPlane, startControlPlane } from "../harness/planes.js";
import { until, untilEqual } from "../harness/until.js";
import { startZooKeeper } from "../harness/zookeeper.js";
import { openZooKeeperSession } from "../harness/zookeeper-client.js";

async function zooKeeperMesh() {
  const server = await startZooKeeper();
  const session = await openZooKeeperSession(server.address);
  await session.mkdirp("/members/cart");
  await session.mkdirp("/services/shop");
  const controlPlane = await startControlPlane({
    sources: [
      {
        name: "zk",
        type: "zookeeper",
        servers: [server.address],
        sessionTimeout: "15s",
        paths: [
          { path: "/members/cart", service: "cart", format: "host-port" },
          { path: "/services/*", service: "{1}", format: "curator" },
        ],
      },
    ],
    defaults: { check: QUICK_CHECK },
  });
  return { server, session, controlPlane };
}

test("a znode that appears gets traffic, one that goes gets none", async () => {
  const { session, controlPlane } = await zooKeeperMesh();
  const one = await startBackend({ name: "one" });
  const two = await startBackend({ name: "two" });
  await session.create("/members/cart/a", one.address, "ephemeral");
  const sidecar = await sidecarOf(controlPlane, ["cart"]);
  await untilAllAnswer(sidecar, "cart", ["one"]);
  const added = await session.create("/members/cart/b", two.address, "ephemeral");
  await untilAllAnswer(sidecar, "cart", ["one", "two"]);
  await expectMeasured(controlPlane);
  await session.remove(added);
  await untilUsable(sidecar, "cart", [one.address]);
  const before = two.seen().total;
  for (let request = 0; request < 20; request++) expect((await sidecar.get("cart")).headers["x-backend"]).toBe("one");
  expect(two.seen().total).toBe(before);
});

/** How long the change took is known, per sidecar and over all of them: event, snapshot, stream, ACK, in this order. */
async function expectMeasured(controlPlane: ControlPlane): Promise<void> {
  const { count, last, eventToAck } = await until("the sidecar's figures", async () => {
    const { sidecars } = await controlPlane.api<{ sidecars: readonly { changes?: Changes }[] }>("/v1/sidecars");
    return sidecars.find(({ changes }) => changes !== undefined)?.changes;
  });
  expect(last.type).toBe("ClusterLoadAssignment");
  const steps = [0, last.publishedMs, last.sentMs, last.ackedMs];
  expect(steps).toEqual([...steps].sort((one, other) => one - other));
  expect(eventToAck).toMatchObject({ of: count });
  expect(eventToAck.p50Ms).toBeLessThanOrEqual(eventToAck.maxMs);
  expect(eventToAck.maxMs).toBeGreaterThanOrEqual(last.ackedMs);
  const { body } = await httpRequest({ port: controlPlane.adminPort, path: "/metrics" });
  for (const phase of ["sent", "acked", "total"])
    expect(body).toMatch(new RegExp(`fairlead_xds_change_seconds_count\\{phase="${phase}",client="fairlead"\\} [1-9]`));
  expect(body).toMatch(/fairlead_snapshot_change_seconds_count [1-9]/);
}

interface Changes {
  readonly count: number;
  readonly last: { readonly type: string; readonly publishedMs: number; readonly sentMs: number; readonly ackedMs: number };
  readonly eventToAck: { readonly of: number; readonly p50Ms: number; readonly maxMs: number };
}

test("a Curator registration becomes an endpoint, and one that says OUT_OF_SERVICE drains at once", async () => {
  const { session, controlPlane } = await zooKeeperMesh();
  const one = await startBackend({ name: "one" });
  const two = await startBackend({ name: "two" });
  const instance = (id: string, port: number, status?: string) =>
    JSON.stringify({
      name: "shop",
      id,
      address: "127.0.0.1",
      port,
      sslPort: null,
      payload:
        status === undefined
          ? null
          : { "@class": "org.springframework.cloud.zookeeper.discovery.ZookeeperInstance", metadata: { instance_status: status } },
      registrationTimeUTC: 1_700_000_000_000,
      serviceType: "DYNAMIC",
      uriSpec: null,
    });
  await session.create("/services/shop/i-1", instance("i-1", one.port), "ephemeral");
  await session.create("/services/shop/i-2", instance("i-2", two.port, "UP"), "ephemeral");
  const sidecar = await sidecarOf(controlPlane, ["shop"]);
  await untilAllAnswer(sidecar, "shop", ["one", "two"]);
  await session.set("/services/shop/i-2", instance("i-2", two.port, "OUT_OF_SERVICE"));
  await untilUsable(sidecar, "shop", [one.address]);
});

test("a backend that dies without leaving ZooKeeper is taken out by its checks, and comes back", async () => {
  const { session, controlPlane } = await zooKeeperMesh();
  const one = await startBackend({ name: "one" });
  const two = await startBackend({ name: "two" });
  await session.create("/members/cart/a", one.address, "ephemeral");
  await session.create("/members/cart/b", two.address, "ephemeral");
  const sidecar = await sidecarOf(controlPlane, ["cart"]);
  await untilUsable(sidecar, "cart", [one.address, two.address]);
  await two.kill("SIGKILL");
  await untilUsable(sidecar, "cart", [one.address]);
  const explained = await controlPlane.api<{ outcome: string; because: string[] }>(`/v1/services/cart/endpoints/${two.address}`);
  expect(explained).toMatchObject({ outcome: "out" });
  expect(explained.because.join()).toMatch(/refused/i);
  await startBackend({ name: "two-again", port: two.port });
  await untilAllAnswer(sidecar, "cart", ["one", "two-again"]);
});

test("garbage in one znode is listed with its reason and costs the others nothing", async () => {
  const { session, controlPlane } = await zooKeeperMesh();
  const one = await startBackend({ name: "one" });
  await session.create("/members/cart/a", one.address, "ephemeral");
  await session.create("/members/cart/bad", "not an address \u0000\u0001", "ephemeral");
  const sidecar = await sidecarOf(controlPlane, ["cart"]);
  await untilAllAnswer(sidecar, "cart", ["one"]);
  await untilEqual(
    "the quarantined znode",
    async () => (await serviceBody(controlPlane, "cart")).contributions.flatMap(({ quarantined }) => quarantined.map(({ place }) => place)),
    ["/members/cart/bad"],
  );
});

test("the admin API answers while ZooKeeper is dead", async () => {
  const { server, session, controlPlane } = await zooKeeperMesh();
  const one = await startBackend({ name: "one" });
  await session.create("/members/cart/a", one.address);
  await untilEqual("the endpoint", async () => (await serviceBody(controlPlane, "cart")).endpoints.serving, 1);
  await server.stop("SIGKILL");
  for (const path of [
    "/v1/services",
    "/v1/sources",
    "/v1/snapshot",
    "/v1/sidecars",
    "/v1/status",
    "/v1/openapi.json",
    "/healthz",
    "/readyz",
    "/metrics",
  ]) {
    expect((await httpRequest({ port: controlPlane.adminPort, path })).status, path).toBe(200);
  }
});
