import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { startLoad } from "../harness/http-load.js";
import { serviceBody, sidecarOf } from "../harness/mesh.js";
import { startControlPlane } from "../harness/planes.js";
import { curatorInstance, loopbackAddresses } from "../harness/registrations.js";
import { startSnapshotHistory } from "../harness/snapshot-history.js";
import { until, untilEqual } from "../harness/until.js";
import { startZooKeeper } from "../harness/zookeeper.js";
import { openZooKeeperSession } from "../harness/zookeeper-client.js";

const INSTANCES = 500;
/** How many of them are at it at one time. */
const AT_ONCE = 20;

/** @param safety how long the absence of a few is doubted: 1 s, or 3 s where a machine that stalls for one must not count */
async function fleet(safety: "standard" | "cautious") {
  const server = await startZooKeeper();
  const session = await openZooKeeperSession(server.address);
  await session.mkdirp("/services/shop");
  const { port } = await startBackend({ name: "all", host: "0.0.0.0" });
  const instances = loopbackAddresses(INSTANCES, port).map((address, index) => ({
    address,
    path: `/services/shop/${index}`,
    data: curatorInstance("shop", `instance-${index}`, address),
  }));
  await Promise.all(instances.map(({ path, data }) => session.create(path, data, "ephemeral")));
  const controlPlane = await startControlPlane({
    sources: [
      {
        name: "zk",
        type: "zookeeper",
        servers: [server.address],
        sessionTimeout: "15s",
        paths: [{ path: "/services/*", service: "{1}", format: "curator" }],
      },
    ],
    defaults: { check: "none", safety },
  });
  const sidecar = await sidecarOf(controlPlane, ["shop"]);
  const history = await startSnapshotHistory(controlPlane, "shop");
  expect(history.now().addresses).toHaveLength(INSTANCES);
  const load = startLoad({ port: sidecar.ports["shop"] ?? 0, clients: 4, perSecond: 200 });
  const again = await openZooKeeperSession(server.address);
  return { session, again, instances, controlPlane, history, load };
}

type Fleet = Awaited<ReturnType<typeof fleet>>;

/** Nobody left and nothing is being waited for, and the next one that really goes does go. */
async function expectNoEvent({ again, instances, controlPlane, history, load }: Fleet): Promise<void> {
  await untilEqual(
    "the source to give every instance, and nobody to be held",
    async () => {
      const { contributions, endpoints } = await serviceBody(controlPlane, "shop");
      return { state: contributions[0]?.state, given: contributions[0]?.endpoints, held: endpoints.held };
    },
    { state: "complete", given: INSTANCES, held: 0 },
  );
  history.neverLost(...instances.map(({ address }) => address));
  expect(history.steps().length).toBeLessThanOrEqual(2);
  const [first, ...others] = instances;
  await again.remove(first?.path ?? "");
  await until("one that really goes to be gone", () => history.now().addresses.length < INSTANCES);
  expect(history.now().addresses).toEqual(others.map(({ address }) => address).sort());
  expect(await load.stop()).toMatchObject({ failed: 0 });
}

test("500 instances that each delete and create their znode, as Curator does after a blip, are no removal and at most one push", async () => {
  const all = await fleet("cautious");
  const { session, again, instances } = all;
  for (let from = 0; from < INSTANCES; from += AT_ONCE) {
    const some = instances.slice(from, from + AT_ONCE);
    await Promise.all(some.map(({ path, data }) => Promise.all([again.remove(path), again.create(path, data, "ephemeral")])));
  }
  // What their old session left behind goes with it: nothing.
  await session.close();
  await expectNoEvent(all);
});

/** Longer than a minority's absence is doubted. */
const DEBOUNCE_MS = 1_000;

test("500 instances that all go and then come back one after the other are no removal and at most one push", async () => {
  const all = await fleet("standard");
  const { session, again, instances, controlPlane } = all;
  await session.close();
  await untilEqual("everybody to be held", async () => (await serviceBody(controlPlane, "shop")).endpoints.held, INSTANCES);
  const heldMs = performance.now();
  await until("them to be away for more than a moment", () => performance.now() - heldMs > DEBOUNCE_MS);
  // As soon as half of them are back it is no collapse any more, and the others are still on their way.
  for (const { path, data } of instances) await again.create(path, data, "ephemeral");
  await expectNoEvent(all);
});
