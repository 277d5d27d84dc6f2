import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { startFaultProxy } from "../harness/fault-proxy.js";
import { startLoad } from "../harness/http-load.js";
import { serviceBody, sidecarOf } from "../harness/mesh.js";
import { startControlPlane } from "../harness/planes.js";
import { loopbackAddresses } from "../harness/registrations.js";
import { startSnapshotHistory } from "../harness/snapshot-history.js";
import { until, untilEqual } from "../harness/until.js";
import { startZooKeeper } from "../harness/zookeeper.js";
import { openZooKeeperSession, type ZooKeeperSession } from "../harness/zookeeper-client.js";
import { startZooKeeperProxy } from "../harness/zookeeper-proxy.js";

/** A list of 3 MB, three times what a Java client takes. */
const LARGE = { children: 5_000, nameBytes: 600 };
/** 17 MB. */
const TOO_LARGE = { children: 1_700, nameBytes: 10_000 };

async function setUp() {
  const server = await startZooKeeper();
  const proxy = await startZooKeeperProxy(server);
  const wire = await startFaultProxy(proxy);
  const session = await openZooKeeperSession(server.address);
  for (const parent of ["/members/cart", "/members/crowd"]) await session.mkdirp(parent);
  const { port } = await startBackend({ name: "all", host: "0.0.0.0" });
  const config = {
    sources: [
      {
        name: "zk",
        type: "zookeeper",
        servers: [wire.address],
        // Answers come in order: 17 MB on a busy machine are longer on their way than a short session waits for a ping.
        sessionTimeout: "30s",
        paths: ["cart", "crowd"].map((service) => ({ path: `/members/${service}`, service, format: "host-port" })),
      },
    ],
    defaults: { check: "none" },
  };
  return { proxy, wire, session, port, config };
}

function crowdPath(index: number, nameBytes: number): string {
  return `/members/crowd/${String(index).padStart(nameBytes, "n")}`;
}

/** Children with names of so many bytes, numbered at their end. */
async function crowd(session: ZooKeeperSession, { children, nameBytes }: typeof LARGE, port: number): Promise<void> {
  await Promise.all(loopbackAddresses(children, port).map((address, index) => session.create(crowdPath(index, nameBytes), address)));
}

test("5,000 children with names of 600 bytes are read, and one more costs one list and one read", async () => {
  const { proxy, wire, session, port, config } = await setUp();
  await crowd(session, LARGE, port);
  const controlPlane = await startControlPlane(config);
  const history = await startSnapshotHistory(controlPlane, "crowd");
  expect(history.now().addresses).toHaveLength(LARGE.children);
  const [newcomer = ""] = loopbackAddresses(1, port, LARGE.children);
  const before = proxy.seen();
  await session.create("/members/crowd/newcomer", newcomer);
  await until("the newcomer to be published", () => history.now().addresses.includes(newcomer));
  const { lists, reads } = proxy.seen();
  expect({ lists: lists - before.lists, reads: reads - before.reads }).toEqual({ lists: 1, reads: 1 });
  expect(wire.connections().accepted).toBe(1);
});

test("a list beyond what is taken costs its service its changes, and nobody anything else", async () => {
  const { wire, session, port, config } = await setUp();
  const [stays = "", comes = ""] = loopbackAddresses(2, port);
  await session.create("/members/crowd/one", stays);
  await session.create("/members/cart/one", stays);
  const controlPlane = await startControlPlane(config);
  const sidecar = await sidecarOf(controlPlane, ["cart", "crowd"]);
  const history = await startSnapshotHistory(controlPlane, "crowd");
  const loads = ["cart", "crowd"].map((service) => startLoad({ port: sidecar.ports[service] ?? 0, clients: 2, perSecond: 100 }));

  await crowd(session, TOO_LARGE, port);
  const refused = async (): Promise<boolean> => {
    const { contributions } = await serviceBody(controlPlane, "crowd");
    return /crowd.*larger than 16 MiB/.test(contributions[0]?.reason ?? "");
  };
  await until("the list to be refused with its size", refused);
  history.neverLost(stays);
  const other = await startSnapshotHistory(controlPlane, "cart");
  await session.create("/members/cart/two", comes);
  await untilEqual("the other path to be followed", () => other.now().addresses, [stays, comes].sort());
  expect(wire.connections().accepted).toBe(1);

  // Smaller again, it is read without anybody's help.
  await Promise.all(Array.from({ length: 1_000 }, (_, index) => session.remove(crowdPath(index, TOO_LARGE.nameBytes))));
  await until(
    "the list to be complete again",
    async () => (await serviceBody(controlPlane, "crowd")).contributions[0]?.state === "complete",
  );
  expect(wire.connections().accepted).toBe(1);
  for (const load of loads) expect(await load.stop()).toMatchObject({ failed: 0 });
});
