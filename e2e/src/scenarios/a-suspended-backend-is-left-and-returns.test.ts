import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { startLoad } from "../harness/http-load.js";
import { type ClustersBody, QUICK_CHECK, sidecarOf, untilAllAnswer, untilUsable } from "../harness/mesh.js";
import { startControlPlane } from "../harness/planes.js";
import { until } from "../harness/until.js";

const NAMES = ["one", "two", "three", "four"];
const PER_SECOND = 100;
const CALM = 300;
/** Each would have to be a probe, and a probe comes after 1, 2, 4 and more seconds. */
const PROBES = 8;

/** A load through a sidecar with four backends, of which one is suspended, resumed, and looked at. */
async function suspendOne(check: object | "none") {
  const backends = await Promise.all(NAMES.map((name) => startBackend({ name })));
  const addresses = backends.map(({ address }) => address);
  const controlPlane = await startControlPlane({
    sources: [{ name: "fixed", type: "static", services: { shop: addresses.map((address) => ({ address })) } }],
    defaults: { check, timeout: "3s" },
  });
  const sidecar = await sidecarOf(controlPlane, ["shop"]);
  await untilUsable(sidecar, "shop", addresses);
  await untilAllAnswer(sidecar, "shop", NAMES);
  const [bad] = backends;
  if (bad === undefined) throw new Error("four backends were asked for");
  const load = startLoad({ port: sidecar.ports["shop"] ?? 0, perSecond: PER_SECOND, clients: 300 });
  const sentSince = async (sent: number): Promise<void> => {
    await until(`${CALM} more requests to be sent`, () => load.report().sent >= sent + CALM, { timeoutMs: 60_000 });
  };
  await sentSince(0);
  expect(load.report().failures).toEqual([]);

  await bad.suspend();
  const shown = async () => {
    const { clusters } = await sidecar.plane.api<ClustersBody>("/clusters");
    return clusters[0]?.endpoints.find(({ id }) => id === bad.address);
  };
  const isOut = async (): Promise<boolean> => {
    const endpoint = await shown();
    return endpoint?.ejected === true || endpoint?.health === "unhealthy";
  };
  await until("it to be out", isOut, { timeoutMs: 60_000 });
  const out = await shown();
  const before = load.report().sent;
  // What was under way to it has ended when everything sent before it was out has: by its deadline, if not elsewhere.
  const endedOf = () => load.report().ok + load.report().failed;
  await until("what was under way to end", () => endedOf() >= before, { timeoutMs: 60_000 });
  const atOut = load.report().failed;
  await sentSince(load.report().sent);
  const whileOut = load.report();

  bad.resume();
  await until("it to be back", async () => !(await isOut()), { timeoutMs: 60_000 });
  const answeredBy = () => load.report().byBackend[bad.name] ?? 0;
  const answered = answeredBy();
  await until("it to answer as many as others", () => answeredBy() > answered + CALM / NAMES.length / 2, { timeoutMs: 60_000 });
  const { failed: failedWhenBack } = load.report();
  await sentSince(load.report().sent);
  const { sent, ok, failed, failures } = await load.stop();
  expect(ok + failed).toBe(sent);
  expect(failed).toBe(failedWhenBack);
  expect(failures.filter(({ reason }) => !/^504: .*upstream-timeout/.test(reason))).toEqual([]);
  return { out, failed, atOut, whileOut };
}

test("a suspended backend is taken out by its checks, costs only what was under way to it, and returns", async () => {
  const { out, failed, atOut, whileOut } = await suspendOne(QUICK_CHECK);
  expect(out?.health === "unhealthy" || out?.ejected).toBe(true);
  // A quarter of what is sent until three checks have been silent, at most.
  expect(failed).toBeLessThan(PER_SECOND * 5);
  expect(whileOut.failed - atOut).toBeLessThanOrEqual(PROBES);
});

test("a suspended backend that nobody checks is taken out by its traffic, is probed, and returns", async () => {
  const { out, failed, atOut, whileOut } = await suspendOne("none");
  expect(out).toMatchObject({ ejected: true });
  expect(failed).toBeGreaterThan(0);
  expect(failed).toBeLessThan(PER_SECOND * 5);
  expect(whileOut.failed - atOut).toBeLessThanOrEqual(PROBES);
});
