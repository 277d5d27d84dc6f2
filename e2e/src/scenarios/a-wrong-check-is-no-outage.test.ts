import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { startLoad } from "../harness/http-load.js";
import { QUICK_CHECK, serviceBody, sidecarOf, untilAllAnswer } from "../harness/mesh.js";
import { startControlPlane } from "../harness/planes.js";
import { until, untilEqual } from "../harness/until.js";

interface Status {
  readonly degraded: readonly { readonly mode: string; readonly because: string }[];
}

test("a check that every endpoint fails, rolled out to all services, moves nothing, is one alarm, and is mended by taking it back", async () => {
  const names = ["one", "two", "three"];
  const backends = await Promise.all(names.map((name) => startBackend({ name })));
  const endpoints = backends.map(({ address }) => ({ address }));
  const config = {
    sources: [{ name: "fixed", type: "static", services: { shop: endpoints, cart: endpoints, find: endpoints } }],
    defaults: { check: { ...QUICK_CHECK, interval: "500ms", timeout: "500ms" } },
  };
  const controlPlane = await startControlPlane(config);
  const sidecar = await sidecarOf(controlPlane, ["shop"]);
  await untilAllAnswer(sidecar, "shop", names);
  const load = startLoad({ port: sidecar.ports["shop"] ?? 0, clients: 2, perSecond: 100 });
  const alarms = async () => (await controlPlane.api<Status>("/v1/status")).degraded.filter(({ mode }) => mode === "check-change-held");
  const outcomes = async () => (await serviceBody(controlPlane, "shop")).members.map(({ outcome }) => outcome);
  const { version } = await serviceBody(controlPlane, "shop");

  // Status 599: nobody answers with it.
  controlPlane.rewriteConfig({ ...config, defaults: { check: { ...config.defaults.check, status: 599 } } });
  const [alarm, ...more] = await until("the alarm", async () => {
    const found = await alarms();
    return found[0]?.because.includes("9 of 9") === true ? found : undefined;
  });
  expect(more).toEqual([]);
  expect(alarm?.because).toContain("the changed check of shop, cart, find would take out 9 of 9 endpoints");
  expect(await outcomes()).toEqual(["serving", "serving", "serving"]);
  expect(await controlPlane.metric("fairlead_health_check_changes_held")).toBe(3);

  controlPlane.rewriteConfig(config);
  await untilEqual("the alarm to be over", alarms, []);
  expect(await outcomes()).toEqual(["serving", "serving", "serving"]);
  expect((await serviceBody(controlPlane, "shop")).version).toBe(version);

  controlPlane.rewriteConfig({ ...config, defaults: { check: { ...config.defaults.check, status: 599, now: true } } });
  await until("one of them to be out, for it was meant", async () => (await outcomes()).includes("out"));
  const { failed, failures } = await load.stop();
  expect(failures).toEqual([]);
  expect(failed).toBe(0);
}, 90_000);
