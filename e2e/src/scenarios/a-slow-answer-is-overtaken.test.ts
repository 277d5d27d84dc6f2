import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { startLoad } from "../harness/http-load.js";
import { QUICK_CHECK, sidecarOf, untilAllAnswer, untilUsable } from "../harness/mesh.js";
import { startControlPlane } from "../harness/planes.js";
import { temporaryFolder } from "../harness/teardown.js";
import { until } from "../harness/until.js";

const NAMES = ["one", "two", "three", "four"];
const PERCENT = 10;
/** Ten times what the others take, on a busy machine too. */
const SLOW_MS = 800;

test("a slow answer is overtaken within the share that is allowed, until an operator switches it off", async () => {
  const backends = await Promise.all(NAMES.map((name) => startBackend({ name })));
  const addresses = backends.map(({ address }) => address);
  const path = join(temporaryFolder("lists"), "services.yaml");
  writeFileSync(path, JSON.stringify({ services: { shop: addresses.map((address) => ({ address })) } }));
  const config = { sources: [{ name: "lists", type: "file", path }], defaults: { check: QUICK_CHECK } };
  const controlPlane = await startControlPlane({ ...config, services: { shop: { hedge: PERCENT } } });
  const sidecar = await sidecarOf(controlPlane, ["shop"]);
  await untilUsable(sidecar, "shop", addresses);
  await untilAllAnswer(sidecar, "shop", NAMES);
  const counted = async (name: string) => (await sidecar.plane.metric(`fairlead_hedges${name}_total{cluster="shop"}`)) ?? 0;
  const load = startLoad({ port: sidecar.ports["shop"] ?? 0, perSecond: 100 });
  const slowAnswers = () => load.report().byBackend["one"] ?? 0;

  await until("enough answers to know the tail", () => load.report().ok > 200);
  await backends[0]?.behave({ kind: "answer", delayMs: SLOW_MS });
  await until("slow answers to be overtaken", async () => (await counted("_won")) >= 5);
  const hedges = await counted("");
  expect(hedges).toBeLessThanOrEqual((load.report().sent * PERCENT) / 100);
  expect(await controlPlane.api("/v1/services/shop")).toMatchObject({ settings: { hedgePercent: PERCENT } });

  controlPlane.rewriteConfig({ ...config, services: { shop: {} } });
  await until("slow answers to be waited for, and none to be asked for twice", async () => {
    const [begun, denied, slow] = [await counted(""), await counted("_denied"), slowAnswers()];
    await until("more slow answers", () => slowAnswers() >= slow + 3);
    return (await counted("")) === begun && (await counted("_denied")) === denied;
  });
  const { failed } = await load.stop();
  expect(failed).toBe(0);
}, 90_000);
