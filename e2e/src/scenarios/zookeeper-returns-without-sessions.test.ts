import { expect, test } from "vitest";
import { type Backend, startBackend } from "../harness/backend.js";
import { startLoad } from "../harness/http-load.js";
import { serviceBody, sidecarOf, WHOLE_RETRIES } from "../harness/mesh.js";
import { startFastControlPlane } from "../harness/planes.js";
import { startSnapshotHistory } from "../harness/snapshot-history.js";
import { until, untilEqual } from "../harness/until.js";
import { startZooKeeper } from "../harness/zookeeper.js";
import { openZooKeeperSession } from "../harness/zookeeper-client.js";

/** The control plane's clocks run so many times as fast: its 90 s of doubt are 9 s here, enough to return in on a busy machine. */
const TIMES = 10;
/** Asked of ZooKeeper as 6 s. Twice as long is more than the 90 s that the window may last. */
const SESSION_TIMEOUT = "60s";
/** A second of real time, three times: nobody here is silent, and a busy machine makes nobody so. */
const CHECK = { type: "tcp", interval: "10s", timeout: "10s", rise: 1, fall: 3 };
/** What a registered application has, in real time: it cannot tell that its session is over before ZooKeeper is back. */
const APPLICATION_TIMEOUT_MS = 1_000;

async function meshOfSeven(unlisted: Readonly<Record<string, string>>) {
  const server = await startZooKeeper();
  const setUp = await openZooKeeperSession(server.address);
  await setUp.mkdirp("/members/cart");
  const backends = await Promise.all(["one", "two", "three", "four", "five", "six", "seven"].map((name) => startBackend({ name })));
  const applications = await openZooKeeperSession(server.address, APPLICATION_TIMEOUT_MS);
  for (const { name, address } of backends) await applications.create(`/members/cart/${name}`, address, "ephemeral");
  const controlPlane = await startFastControlPlane(TIMES, {
    sources: [
      {
        name: "zk",
        type: "zookeeper",
        servers: [server.address],
        sessionTimeout: SESSION_TIMEOUT,
        paths: [{ path: "/members/cart", service: "cart", format: "host-port" }],
      },
    ],
    defaults: { check: CHECK, retries: WHOLE_RETRIES, ...unlisted },
  });
  const sidecar = await sidecarOf(controlPlane, ["cart"]);
  const history = await startSnapshotHistory(controlPlane, "cart");
  const load = startLoad({ port: sidecar.ports["cart"] ?? 0, clients: 4, perSecond: 200 });
  const [dead, silent, ...returning] = backends as [Backend, Backend, ...Backend[]];
  return { server, applications, controlPlane, history, load, dead, silent, returning };
}

type Mesh = Awaited<ReturnType<typeof meshOfSeven>>;

const listedBy = async ({ controlPlane }: Mesh) => (await serviceBody(controlPlane, "cart")).contributions[0]?.endpoints;

/** One dies while ZooKeeper is away; when it is back every session is over, and all but one of the living register again. */
async function loseAllSessions(mesh: Mesh): Promise<void> {
  const { server, applications, controlPlane, history, dead, silent, returning } = mesh;
  const alive = [silent, ...returning].map(({ address }) => address).sort();
  await server.stop("SIGKILL");
  applications.vanish();
  await until("the service to be stale", async () => (await serviceBody(controlPlane, "cart")).stale);
  await dead.kill();
  await untilEqual("the dead one to be out", () => history.now().usable, alive);
  history.neverLost(dead.address, ...alive);

  // The server read its sessions from disk and ends them by its own clock, after everybody has seen their znodes once more.
  await server.start();
  await untilEqual("nobody to be listed", () => listedBy(mesh), 0);
  await untilEqual("who refuses to be held no longer, and nobody else to be gone", () => history.now().addresses, alive);
  const again = await openZooKeeperSession(server.address);
  for (const { name, address } of returning) await again.create(`/members/cart/${name}-again`, address, "ephemeral");
  await untilEqual("those who came back to be listed", () => listedBy(mesh), returning.length);
}

test("all sessions expire while ZooKeeper is away: who returns was never gone, who does not leaves when the window of doubt ends", async () => {
  const mesh = await meshOfSeven({});
  const { controlPlane, history, load, silent, returning } = mesh;
  await loseAllSessions(mesh);
  const unlisted = await controlPlane.api(`/v1/services/cart/endpoints/${silent.address}`);
  expect(unlisted).toMatchObject({ outcome: "serving", sources: [], health: { status: "healthy" }, hold: { kind: "disturbed" } });
  await untilEqual(
    "the one that did not come back to leave",
    () => history.now().addresses,
    returning.map(({ address }) => address).sort(),
  );
  // One went out, two left one after the other, and nothing else was ever said.
  expect(history.changes().map(({ addresses, usable }) => [addresses.length, usable.length])).toEqual([
    [7, 6],
    [6, 6],
    [5, 5],
  ]);
  expect(await load.stop()).toMatchObject({ failed: 0 });
});

test("with unlisted: keep-while-healthy the one that lives and does not register again stays, shown as listed by nobody", async () => {
  const mesh = await meshOfSeven({ unlisted: "keep-while-healthy" });
  const { controlPlane, history, load, silent, returning } = mesh;
  await loseAllSessions(mesh);
  const kept = [silent, ...returning].map(({ address }) => address).sort();
  const unlisted = (): Promise<unknown> => controlPlane.api(`/v1/services/cart/endpoints/${silent.address}`);
  expect(await unlisted()).toMatchObject({ outcome: "serving", sources: [], health: { status: "healthy" }, hold: { kind: "retained" } });
  await until("the window of doubt to be over", async () => {
    const { sources } = await controlPlane.api<{ sources: { disturbedUntil?: string }[] }>("/v1/sources");
    return sources.every(({ disturbedUntil }) => disturbedUntil === undefined);
  });
  expect(await unlisted()).toMatchObject({ outcome: "serving", sources: [], hold: { kind: "retained" } });
  const { degraded } = await controlPlane.api<{ degraded: { mode: string; service?: string }[] }>("/v1/status");
  expect(degraded).toMatchObject([{ mode: "held-removals", service: "cart" }]);
  expect(history.now().addresses).toEqual(kept);

  // It was kept for its health: without it, it leaves.
  await silent.kill();
  await untilEqual("it to leave", () => history.now().addresses, returning.map(({ address }) => address).sort());
  history.neverLost(...returning.map(({ address }) => address));
  expect(await load.stop()).toMatchObject({ failed: 0 });
});
