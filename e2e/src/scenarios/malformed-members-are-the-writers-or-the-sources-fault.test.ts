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

const MEMBERS = 10;
/** A format that nobody here knows, as a library's next version might write it. */
const UNKNOWN_FORMAT = '{"v":7,"endpoints":[{"inet":"10.0.0.1/8080"}]}';

async function shopOfTen(safety: "standard" | "cautious" = "standard") {
  const server = await startZooKeeper();
  const session = await openZooKeeperSession(server.address);
  await session.mkdirp("/services/shop");
  const { port } = await startBackend({ name: "all", host: "0.0.0.0" });
  const members = loopbackAddresses(MEMBERS, port).map((address, index) => ({
    address,
    path: `/services/shop/${index}`,
    data: curatorInstance("shop", `instance-${index}`, address),
  }));
  for (const { path, data } of members) await session.create(path, data, "ephemeral");
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
  const load = startLoad({ port: sidecar.ports["shop"] ?? 0, clients: 4, perSecond: 200 });
  const contribution = async () => (await serviceBody(controlPlane, "shop")).contributions[0];
  return { session, members, controlPlane, history, load, contribution };
}

test("one malformed member is listed with its reason, and the others come and go as before", async () => {
  const { session, members, history, load, contribution } = await shopOfTen();
  const [bad, leaver, ...others] = members;
  await session.set(bad?.path ?? "", UNKNOWN_FORMAT);
  await untilEqual("the malformed member to be set aside", async () => (await contribution())?.quarantined.map(({ place }) => place), [
    bad?.path ?? "",
  ]);
  expect(await contribution()).toMatchObject({ state: "complete", endpoints: MEMBERS - 1 });
  await session.remove(leaver?.path ?? "");
  await until("one that leaves to be gone", () => !history.now().addresses.includes(leaver?.address ?? ""));
  history.neverLost(...others.map(({ address }) => address));
  expect(await load.stop()).toMatchObject({ failed: 0 });
});

test("when most members become malformed the source is at fault: nobody is removed, and a sample is shown", async () => {
  const { session, members, controlPlane, history, load, contribution } = await shopOfTen("cautious");
  const spoilt = members.slice(0, 0.8 * MEMBERS);
  // At once, and with 3 s of doubt: the first few of ten that are read anew are a minority, and theirs is another fate.
  await session.setAll(spoilt.map(({ path }) => ({ path, data: UNKNOWN_FORMAT })));
  await until("the source to be blamed", async () =>
    /8 of 10 members are malformed.*source is at fault/.test((await contribution())?.reason ?? ""),
  );
  const said = await contribution();
  expect(said).toMatchObject({ state: "partial", reason: expect.stringContaining("/services/shop/") });
  expect(said?.quarantined).toHaveLength(spoilt.length);
  const { degraded } = await controlPlane.api<{ degraded: { mode: string; because: string; service?: string }[] }>("/v1/status");
  expect(degraded).toMatchObject([{ mode: "partial-reading", service: "shop", because: expect.stringContaining("/services/shop/") }]);

  // Who leaves now may just as well have been rewritten: the source is not believed.
  const leaver = members.at(-1);
  await session.remove(leaver?.path ?? "");
  await until("the removal to have been read", async () => /of 9 members/.test((await contribution())?.reason ?? ""));
  history.neverLost(...members.map(({ address }) => address));

  await Promise.all(spoilt.map(({ path, data }) => session.set(path, data)));
  await untilEqual(
    "the truth",
    () => history.now().addresses,
    members
      .slice(0, -1)
      .map(({ address }) => address)
      .sort(),
  );
  expect(await contribution()).toMatchObject({ state: "complete", quarantined: [] });
  history.neverLost(...members.slice(0, -1).map(({ address }) => address));
  expect(await load.stop()).toMatchObject({ failed: 0 });
});
