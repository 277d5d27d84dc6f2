import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { QUICK_CHECK } from "../harness/mesh.js";
import { type ControlPlane, startControlPlane } from "../harness/planes.js";
import { loopbackAddresses } from "../harness/registrations.js";
import { startSnapshotHistory } from "../harness/snapshot-history.js";
import { until } from "../harness/until.js";
import { startZooKeeper } from "../harness/zookeeper.js";

const NAMES = ["cp-a", "cp-b", "cp-c"] as const;
/** No server answers with it. */
const IMPOSSIBLE = { ...QUICK_CHECK, type: "http", path: "/", status: 599, now: true };

interface Checkers {
  readonly self: { readonly muted?: { readonly because: string } };
  readonly alone?: { readonly because: string };
  readonly others: readonly { readonly id: string; readonly muted?: { readonly because: string } }[];
}

const checkers = (controlPlane: ControlPlane) => controlPlane.api<Checkers>("/v1/checkers");

async function muted(controlPlane: ControlPlane, id: string): Promise<string | undefined> {
  return (await checkers(controlPlane)).others.find((other) => other.id === id)?.muted?.because;
}

/** Three control planes that check the same ten endpoints. */
async function three(sessionTimeout: string) {
  const server = await startZooKeeper();
  const { port } = await startBackend({ name: "all", host: "0.0.0.0" });
  const addresses = loopbackAddresses(10, port);
  const config = (id: string, check: object = QUICK_CHECK) => ({
    id,
    coordination: { servers: [server.address], path: "/fairlead/health", sessionTimeout },
    sources: [{ name: "fixed", type: "static", services: { shop: addresses.map((address) => ({ address })) } }],
    defaults: { check },
  });
  const [a, b, c] = await Promise.all([
    startControlPlane(config("cp-a")),
    startControlPlane(config("cp-b")),
    startControlPlane(config("cp-c")),
  ]);
  for (const plane of [a, b, c])
    await until(
      "each to hear two others",
      async () => (await checkers(plane)).others.filter((other) => other.muted === undefined).length === 2,
    );
  const serving = (plane: ControlPlane) => async () => {
    const { members } = await plane.api<{ members: readonly { outcome: string; health: { status: string } }[] }>("/v1/services/shop");
    return members.length === 10 && members.every(({ outcome, health }) => outcome === "serving" && health.status === "healthy");
  };
  for (const plane of [a, b, c]) await until("all to serve", serving(plane));
  const histories = await Promise.all([a, b].map((plane) => startSnapshotHistory(plane, "shop")));
  return { config, planes: { a, b, c }, serving, histories };
}

test("a checker that is stopped is named within ten seconds, changes nothing, and is heard again when it goes on", async () => {
  const { planes, serving, histories } = await three("30s");
  const stoppedAt = performance.now();
  await planes.c.suspend();
  await until("it to be named", async () => (await muted(planes.a, NAMES[2]))?.startsWith("stalled"));
  expect(performance.now() - stoppedAt).toBeLessThan(10_000);
  expect(await planes.a.metric('fairlead_coordination_checkers{state="muted"}')).toBe(1);
  planes.c.resume();
  await until("it to be heard again", async () => (await muted(planes.a, NAMES[2])) === undefined);
  expect(await serving(planes.b)()).toBe(true);
  for (const history of histories) history.neverBelow(10);
});

test("a checker that finds everybody unhealthy is named and removes nobody; what it says after a pause that cost its session does not either", async () => {
  const { planes, config, serving, histories } = await three("2s");
  planes.c.rewriteConfig(config(NAMES[2], IMPOSSIBLE));
  await until("it to be named", async () => (await muted(planes.a, NAMES[2]))?.includes("it alone finds 10 of 10"));
  await until("it to know that it is doubted", async () => (await checkers(planes.c)).self.muted?.because.includes("it alone"));
  await planes.c.suspend();
  await until("it to be gone", async () => (await checkers(planes.b)).others.every(({ id }) => id !== NAMES[2]));
  expect(await serving(planes.a)()).toBe(true);
  planes.c.resume();
  await until("it to be back", async () => (await checkers(planes.b)).others.some(({ id }) => id === NAMES[2]));
  await until("it to be named again", async () => (await muted(planes.b, NAMES[2]))?.includes("it alone"));
  for (const history of histories) history.neverBelow(10);
  const { members } = await planes.c.api<{ members: readonly { outcome: string }[] }>("/v1/services/shop");
  expect(members.map(({ outcome }) => outcome)).not.toContain("out");
});
