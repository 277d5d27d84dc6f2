import { cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { startLoad } from "../harness/http-load.js";
import { QUICK_CHECK, serviceBody, sidecarOf, untilUsable } from "../harness/mesh.js";
import { type ControlPlane, startControlPlane } from "../harness/planes.js";
import { temporaryFolder } from "../harness/teardown.js";
import { until, untilEqual } from "../harness/until.js";
import { startZooKeeper } from "../harness/zookeeper.js";
import { openZooKeeperSession } from "../harness/zookeeper-client.js";

/** The server's own tries to be believed are transactions too: it must not catch up by them. */
const MISSING_TRANSACTIONS = 500;

test("a server that knows only the past is not believed, by the next process neither, until an operator says so", async () => {
  const server = await startZooKeeper();
  const session = await openZooKeeperSession(server.address);
  await session.mkdirp("/members/cart");
  const backends = await Promise.all(["one", "two", "three"].map((name) => startBackend({ name })));
  const addresses = backends.map(({ address }) => address);
  for (const { name, address } of backends.slice(0, 2)) await session.create(`/members/cart/${name}`, address);
  await session.close();
  await server.stop("SIGTERM");
  const backup = temporaryFolder("zookeeper-backup");
  cpSync(server.dataFolder, backup, { recursive: true });

  await server.start();
  const later = await openZooKeeperSession(server.address);
  await later.create("/members/cart/three", addresses[2] ?? "");
  for (let index = 0; index < MISSING_TRANSACTIONS; index++) await later.create(`/filler-${index}`);
  await later.close();
  const controlPlane = await startControlPlane({
    sources: [
      {
        name: "zk",
        type: "zookeeper",
        servers: [server.address],
        sessionTimeout: "4s",
        paths: [{ path: "/members/cart", service: "cart", format: "host-port" }],
      },
    ],
    defaults: { check: QUICK_CHECK },
  });
  const sidecar = await sidecarOf(controlPlane, ["cart"]);
  await untilUsable(sidecar, "cart", addresses);
  const load = startLoad({ port: sidecar.ports["cart"] ?? 0, clients: 4, perSecond: 100 });
  await until("the newest transaction seen to be on disk", async () => {
    const floor = (await sourceOf(controlPlane)).detail?.zxidFloor ?? "none";
    const files = ["a", "b"].map((slot) => join(controlPlane.folder, "state", `zookeeper.${slot}`)).filter(existsSync);
    return files.some((file) => readFileSync(file, "utf8").includes(`"${floor}"`));
  });

  await server.stop();
  rmSync(server.dataFolder, { recursive: true });
  cpSync(backup, server.dataFolder, { recursive: true });
  await server.start();
  await untilBehind(controlPlane);
  expect(await serviceBody(controlPlane, "cart")).toMatchObject({ stale: true, endpoints: { serving: 3, held: 0 } });

  await controlPlane.restart();
  await untilBehind(controlPlane);
  await untilUsable(sidecar, "cart", addresses);
  expect((await serviceBody(controlPlane, "cart")).endpoints).toMatchObject({ held: 0 });

  const answer = await controlPlane.ask("/v1/services/cart/confirm", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ author: "ops", reason: "restored last night's backup" }),
  });
  expect(answer.status).toBe(200);
  await untilEqual("the source to be believed", async () => (await sourceOf(controlPlane)).state, "complete");
  expect((await sourceOf(controlPlane)).detail?.floorGivenUp).toMatch(/ by operator$/);
  expect(await controlPlane.metric('fairlead_zookeeper_floors_given_up_total{source="zk",because="operator"}')).toBe(1);
  // Believed, and still a source that was just disturbed: what it lacks is held as always.
  await untilUsable(sidecar, "cart", addresses.slice(0, 2), 60_000);
  expect(await load.stop()).toMatchObject({ failed: 0 });
});

test("of two servers the one that is behind is left for the other, whatever it says", async () => {
  const newer = await startZooKeeper();
  const backend = await startBackend({ name: "one" });
  const older = await startZooKeeper();
  for (const server of [older, newer]) {
    const session = await openZooKeeperSession(server.address);
    await session.mkdirp("/members/cart");
    if (server === newer) for (let index = 0; index < MISSING_TRANSACTIONS; index++) await session.create(`/filler-${index}`);
    if (server === newer) await session.create("/members/cart/one", backend.address);
    await session.close();
  }
  await older.stop();
  const controlPlane = await startControlPlane({
    sources: [
      {
        name: "zk",
        type: "zookeeper",
        servers: [older.address, newer.address],
        sessionTimeout: "4s",
        paths: [{ path: "/members/cart", service: "cart", format: "host-port" }],
      },
    ],
    defaults: { check: QUICK_CHECK },
  });
  const sidecar = await sidecarOf(controlPlane, ["cart"]);
  await untilUsable(sidecar, "cart", [backend.address]);
  const { version } = await serviceBody(controlPlane, "cart");
  await newer.stop();
  await older.start();
  await untilBehind(controlPlane);
  expect(await serviceBody(controlPlane, "cart")).toMatchObject({ stale: true, version, endpoints: { serving: 1, held: 0 } });
  await newer.start();
  await untilEqual("the newer server to be read", async () => (await sourceOf(controlPlane)).detail?.server, newer.address, {
    timeoutMs: 60_000,
  });
  expect(await serviceBody(controlPlane, "cart")).toMatchObject({ version, endpoints: { serving: 1, held: 0 } });
  expect(await controlPlane.metric('fairlead_zookeeper_floors_given_up_total{source="zk",because="time"}')).toBeUndefined();
});

interface SourceBody {
  readonly state: string;
  readonly reason?: string;
  readonly detail?: { readonly server?: string; readonly zxidFloor: string; readonly floorGivenUp?: string };
}

async function sourceOf(controlPlane: ControlPlane): Promise<SourceBody> {
  const { sources } = await controlPlane.api<{ sources: SourceBody[] }>("/v1/sources");
  const [source] = sources;
  if (source === undefined) throw new Error("no source");
  return source;
}

async function untilBehind(controlPlane: ControlPlane): Promise<void> {
  const words = /^server 127\.0\.0\.1:\d+ is behind: zxid 0x[0-9a-f]+ < 0x[0-9a-f]+$/;
  await until("the source to say that its server is behind", async () => words.test((await sourceOf(controlPlane)).reason ?? ""));
}
