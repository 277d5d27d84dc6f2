import { type Client, CreateMode, createClient } from "node-zookeeper-client";
import { expect, test } from "vitest";
import { serviceBody } from "../harness/mesh.js";
import { startControlPlane } from "../harness/planes.js";
import { stopLater } from "../harness/teardown.js";
import { until, untilEqual } from "../harness/until.js";
import { startZooKeeper } from "../harness/zookeeper.js";
import { openZooKeeperSession } from "../harness/zookeeper-client.js";

/** Together more watches, on longer paths, than one packet may set again: the server takes 1 MiB (jute.maxbuffer). */
const SERVICES = ["cart", "shop"] as const;
const MEMBERS = 5_300;
/** A look at 10,600 members is work for the control plane, which has the same to read. */
const SELDOM = { timeoutMs: 60_000, everyMs: 500 };
const longName = (index: number) => `member-${"x".repeat(90)}-${index}`;

test("10,600 watches survive a reconnect in one try, and every one of them fires afterwards", async () => {
  const server = await startZooKeeper();
  const session = await openZooKeeperSession(server.address, 30_000);
  for (const service of SERVICES) {
    await session.mkdirp(`/members/${service}`);
    await createMany(server.address, service);
  }
  const controlPlane = await startControlPlane({
    sources: [
      {
        name: "zk",
        type: "zookeeper",
        servers: [server.address],
        sessionTimeout: "20s",
        paths: [{ path: "/members/*", service: "{1}", format: "host-port" }],
      },
    ],
    defaults: { check: "none" },
  });
  const serving = async () => Promise.all(SERVICES.map(async (service) => (await serviceBody(controlPlane, service)).endpoints.serving));
  await untilEqual("every member to be read", serving, [MEMBERS, MEMBERS], SELDOM);
  const connections = () => controlPlane.metric('fairlead_zookeeper_session_changes_total{source="zk",state="connected"}');
  expect(await connections()).toBe(1);
  const versions = await Promise.all(SERVICES.map(async (service) => (await serviceBody(controlPlane, service)).version));

  await server.stop();
  await server.start();
  await untilEqual("the session to be back", connections, 2);
  const isCurrent = async (): Promise<boolean> =>
    (await Promise.all(SERVICES.map((service) => serviceBody(controlPlane, service)))).every(({ stale }) => !stale);
  await until("everything to be read again", isCurrent, SELDOM);
  await untilEqual("no read to be under way", () => controlPlane.metric('fairlead_zookeeper_reads{source="zk",state="outstanding"}'), 0, {
    timeoutMs: 60_000,
  });
  expect(await Promise.all(SERVICES.map(async (service) => (await serviceBody(controlPlane, service)).version))).toEqual(versions);
  const watches = /Total watches:(\d+)/.exec(await server.ask("wchs"))?.[1];
  expect(Number(watches)).toBeGreaterThanOrEqual(SERVICES.length * MEMBERS);

  const again = await openZooKeeperSession(server.address);
  await again.set(`/members/shop/${longName(4_000)}`, "10.9.9.9:80");
  const isThere = async (): Promise<boolean> => (await serviceBody(controlPlane, "shop")).members.some(({ id }) => id === "10.9.9.9:80");
  await until("the change of one member", isThere, SELDOM);
  expect(await connections()).toBe(2);
});

/** All on their way at once: one after the other takes a minute. */
async function createMany(address: string, service: (typeof SERVICES)[number]): Promise<void> {
  const client: Client = createClient(address, { sessionTimeout: 30_000 });
  stopLater({ name: "many creates", stop: () => client.close() });
  await new Promise<void>((resolve) => {
    client.once("connected", resolve);
    client.connect();
  });
  const network = service === "cart" ? 1 : 2;
  const creates = Array.from({ length: MEMBERS }, (_, index) => {
    const data = Buffer.from(`10.${network}.${Math.floor(index / 250)}.${(index % 250) + 1}:80`);
    return new Promise<void>((resolve, reject) => {
      client.create(`/members/${service}/${longName(index)}`, data, CreateMode.PERSISTENT, (error) => (error ? reject(error) : resolve()));
    });
  });
  await Promise.all(creates);
}
