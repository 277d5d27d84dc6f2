import { expect, type TestContext, test } from "vitest";
import { type Backend, startBackend } from "../harness/backend.js";
import { startLoad } from "../harness/http-load.js";
import { QUICK_CHECK, sidecarOf, untilAllAnswer } from "../harness/mesh.js";
import { needs } from "../harness/not-run.js";
import { startControlPlane } from "../harness/planes.js";
import { until, untilEqual } from "../harness/until.js";
import { connectionsOf, startVanishingHost, type VanishingHost } from "../harness/vanishing-host.js";

const IDLE_HITS = 'fairlead_limit_hits_total{limit="upstream-idle-time"}';

function hostOf(context: TestContext): VanishingHost {
  try {
    return startVanishingHost();
  } catch (error) {
    needs(context, { ok: false, reason: `no network namespace can be made here: ${String(error).split("\n")[0]}` });
    throw error;
  }
}

function startOn(host: VanishingHost, port?: number): Promise<Backend> {
  return startBackend({ name: "lost", host: host.ip, within: host.within, ...(port === undefined ? {} : { port }) });
}

/** A backend on a host of its own, others on this one, and a sidecar that gives a request 2 s. */
async function startMesh(host: VanishingHost, check: object | "none", others: readonly string[]) {
  const lost = await startOn(host);
  const well = await Promise.all(others.map((name) => startBackend({ name })));
  // Long enough that several are under way, and as many connections are kept.
  for (const backend of [lost, ...well]) await backend.behave({ kind: "answer", delayMs: 100 });
  const addresses = [`${host.ip}:${lost.port}`, ...well.map(({ address }) => address)];
  const controlPlane = await startControlPlane({
    sources: [{ name: "fixed", type: "static", services: { shop: addresses.map((address) => ({ address })) } }],
    defaults: { check, timeout: "2s" },
  });
  const sidecar = await sidecarOf(controlPlane, ["shop"]);
  await untilAllAnswer(sidecar, "shop", ["lost", ...others]);
  const load = () => startLoad({ port: sidecar.ports["shop"] ?? 0, perSecond: 100, clients: 250 });
  return { lost, sidecar, load, connections: () => connectionsOf(sidecar.plane.process().pid, host.ip) };
}

test("idle connections to a host that vanished without a word are closed, and a request is refused in time", async (context) => {
  const host = hostOf(context);
  const { lost, sidecar, load, connections } = await startMesh(host, "none", []);
  const before = load();
  await until("several connections to be open", () => before.report().ok > 200 && connections() >= 5);
  await before.stop();
  const idle = connections();
  const hits = (await sidecar.plane.metric(IDLE_HITS)) ?? 0;
  expect(idle).toBeGreaterThan(0);
  host.vanish();
  await lost.kill();
  await untilEqual("the connections open", connections, 0);
  // By their time, not by a word of the other side.
  await until("each to have been idle for too long", async () => ((await sidecar.plane.metric(IDLE_HITS)) ?? 0) >= hits + idle);

  const { status, headers } = await sidecar.get("shop");
  expect([status, headers["x-fairlead-reason"]]).toEqual([502, "upstream-unreachable"]);
  await untilEqual("the connections open after that", connections, 0);
});

test.for([
  { by: "its traffic", check: "none" },
  { by: "its checks", check: QUICK_CHECK },
] as const)(
  "a host that vanishes under load and is left by $by hangs no request, keeps no connection, and is called again when it is back",
  async ({ check }, context) => {
    const host = hostOf(context);
    const { lost, sidecar, load, connections } = await startMesh(host, check, ["one", "two"]);
    const running = load();
    await until("several connections to be open", () => running.report().ok > 200 && connections() >= 5);
    expect(running.report().failures).toEqual([]);
    host.vanish();
    await lost.kill();
    await untilEqual("the connections open", connections, 0);
    const { sent } = running.report();
    await until("what was under way to end", () => running.report().ok + running.report().failed >= sent + 300);
    // What is left are probes; they end unsent, since there is nobody to connect to, and go elsewhere.
    const later = running.report();

    host.comeBack();
    await startOn(host, lost.port);
    const answered = later.byBackend["lost"] ?? 0;
    await until("it to answer again", () => (running.report().byBackend["lost"] ?? 0) > answered + 50, { timeoutMs: 60_000 });
    const end = await running.stop();
    expect(end.ok + end.failed).toBe(end.sent);
    expect(end.failures.filter(({ reason }) => !/^504: .*upstream-timeout/.test(reason))).toEqual([]);
    // Those under way to it, or begun on its kept connections, at most: nothing is lost once these are gone.
    expect(later.failed).toBeLessThan(250);
    expect(end.failed - later.failed).toBeLessThanOrEqual(5);
    expect(await sidecar.plane.metric('fairlead_upstream_connections{cluster="shop",state="busy"}')).toBe(0);
  },
);
