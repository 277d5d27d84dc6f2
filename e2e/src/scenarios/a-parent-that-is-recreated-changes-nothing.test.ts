import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { startLoad } from "../harness/http-load.js";
import { QUICK_CHECK, serviceBody, sidecarOf, untilAllAnswer } from "../harness/mesh.js";
import { startControlPlane } from "../harness/planes.js";
import { startSnapshotHistory } from "../harness/snapshot-history.js";
import { until, untilEqual } from "../harness/until.js";
import { startZooKeeper } from "../harness/zookeeper.js";
import { openZooKeeperSession } from "../harness/zookeeper-client.js";

/** How long the parent is away. */
const AWAY_MS = 5_000;

const exact = [{ path: "/members/cart", service: "cart", format: "host-port" }];
const wildcard = [{ path: "/services/*", service: "{1}", format: "host-port" }];

// The first is named by the configuration; the others are found below a `*` and vanish from the list of services, or with it.
for (const { deleted, parent, paths } of [
  { deleted: "/members/cart", parent: "/members/cart", paths: exact },
  { deleted: "/services/cart", parent: "/services/cart", paths: wildcard },
  { deleted: "/services", parent: "/services/cart", paths: wildcard },
]) {
  test(`${deleted} deleted with everything in it and made again 5 s later leaves the set as it was`, async () => {
    const server = await startZooKeeper();
    const session = await openZooKeeperSession(server.address);
    await session.mkdirp(parent);
    const backends = await Promise.all(["one", "two", "three"].map((name) => startBackend({ name })));
    for (const { name, address } of backends) await session.create(`${parent}/${name}`, address, "ephemeral");
    const controlPlane = await startControlPlane({
      sources: [{ name: "zk", type: "zookeeper", servers: [server.address], sessionTimeout: "15s", paths }],
      defaults: { check: QUICK_CHECK },
    });
    const sidecar = await sidecarOf(controlPlane, ["cart"]);
    const history = await startSnapshotHistory(controlPlane, "cart");
    const load = startLoad({ port: sidecar.ports["cart"] ?? 0, clients: 4, perSecond: 100 });

    await session.removeTree(deleted);
    const goneMs = performance.now();
    await untilEqual("every removal to be held", async () => (await serviceBody(controlPlane, "cart")).endpoints.held, 3);
    const { degraded } = await controlPlane.api<{ degraded: { mode: string; service?: string }[] }>("/v1/status");
    expect(degraded).toMatchObject([{ mode: "held-removals", service: "cart" }]);
    await until("the parent to have been away for long", () => performance.now() - goneMs > AWAY_MS);
    expect((await serviceBody(controlPlane, "cart")).endpoints.held).toBe(3);

    await session.mkdirp(parent);
    for (const { name, address } of backends) await session.create(`${parent}/${name}-again`, address, "ephemeral");
    await untilEqual("nobody to be held", async () => (await serviceBody(controlPlane, "cart")).endpoints.held, 0);
    history.neverChanged();

    // The new parent is watched as the old one was.
    const four = await startBackend({ name: "four" });
    const path = await session.create(`${parent}/four`, four.address, "ephemeral");
    await untilAllAnswer(sidecar, "cart", ["one", "two", "three", "four"]);
    await session.remove(path);
    await untilEqual("the newcomer to be gone again", () => history.now().addresses.length, 3);
    expect(await load.stop()).toMatchObject({ failed: 0 });
  });
}
