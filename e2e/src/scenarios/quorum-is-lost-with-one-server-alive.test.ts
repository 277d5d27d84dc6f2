import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { startLoad } from "../harness/http-load.js";
import { QUICK_CHECK, serviceBody, sidecarOf, untilUsable } from "../harness/mesh.js";
import { startControlPlane } from "../harness/planes.js";
import { until, untilEqual } from "../harness/until.js";
import { openZooKeeperSession } from "../harness/zookeeper-client.js";
import { startZooKeeperEnsemble } from "../harness/zookeeper-ensemble.js";

test("while one server of three is left nothing is removed, and who comes after the quorum's return is added", async () => {
  const ensemble = await startZooKeeperEnsemble();
  const session = await openZooKeeperSession(ensemble.addresses.join(","), 30_000);
  await session.mkdirp("/members/cart");
  const backends = await Promise.all(["one", "two", "three"].map((name) => startBackend({ name })));
  const addresses = backends.map(({ address }) => address);
  for (const { name, address } of backends.slice(0, 2)) await session.create(`/members/cart/${name}`, address, "ephemeral");
  const controlPlane = await startControlPlane({
    sources: [
      {
        name: "zk",
        type: "zookeeper",
        servers: ensemble.addresses,
        sessionTimeout: "10s",
        paths: [{ path: "/members/cart", service: "cart", format: "host-port" }],
      },
    ],
    defaults: { check: QUICK_CHECK },
  });
  const sidecar = await sidecarOf(controlPlane, ["cart"]);
  await untilUsable(sidecar, "cart", addresses.slice(0, 2));
  const { version } = await serviceBody(controlPlane, "cart");
  const load = startLoad({ port: sidecar.ports["cart"] ?? 0, clients: 4, perSecond: 100 });

  const [alive, ...lost] = ensemble.servers;
  if (alive === undefined) throw new Error("an ensemble has servers");
  for (const server of lost) await server.stop();
  await until("the source to be stale, with the reason", async () => {
    const { sources } = await controlPlane.api<{ sources: { state: string; reason?: string; since?: string }[] }>("/v1/sources");
    return sources[0]?.state === "stale" && sources[0].reason !== undefined && sources[0].since !== undefined;
  });
  await until("the one that is left to serve nobody", async () => (await alive.ask("srvr")).includes("not currently serving"));
  await until("several tries without success", async () => {
    const closed = (await controlPlane.metric('fairlead_zookeeper_connection_losses_total{source="zk",kind="closed"}')) ?? 0;
    return closed >= 3;
  });
  expect(await serviceBody(controlPlane, "cart")).toMatchObject({ stale: true, version, endpoints: { held: 0 } });
  await untilUsable(sidecar, "cart", addresses.slice(0, 2));

  await lost[0]?.start();
  await untilEqual("the service to be current", async () => (await serviceBody(controlPlane, "cart")).stale, false);
  const late = await openZooKeeperSession(alive.address);
  await late.create("/members/cart/three", addresses[2] ?? "", "ephemeral");
  await untilUsable(sidecar, "cart", addresses);
  expect(await load.stop()).toMatchObject({ failed: 0 });
});
