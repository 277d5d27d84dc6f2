import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { QUICK_CHECK, sidecarOf, untilAllAnswer, untilUsable } from "../harness/mesh.js";
import { startControlPlane } from "../harness/planes.js";
import { temporaryFolder } from "../harness/teardown.js";
import { until, untilEqual } from "../harness/until.js";

interface Shown {
  readonly clusters: readonly {
    readonly endpoints: readonly {
      readonly id: string;
      readonly health: string;
      readonly ejection?: { readonly because: string; readonly state: string };
    }[];
  }[];
}

const NAMES = ["one", "two", "three", "four"];

test("a backend that answers its checks but fails its traffic is passed over, comes back by itself, and an operator can end it", async () => {
  const backends = await Promise.all(NAMES.map((name) => startBackend({ name })));
  const addresses = backends.map(({ address }) => address);
  const path = join(temporaryFolder("lists"), "services.yaml");
  writeFileSync(path, JSON.stringify({ services: { shop: addresses.map((address) => ({ address })) } }));
  const config = { sources: [{ name: "lists", type: "file", path }], defaults: { check: QUICK_CHECK } };
  const controlPlane = await startControlPlane(config);
  const sidecar = await sidecarOf(controlPlane, ["shop"]);
  await untilUsable(sidecar, "shop", addresses);
  await untilAllAnswer(sidecar, "shop", NAMES);
  const [bad] = backends;
  const shown = async () => (await sidecar.plane.api<Shown>("/clusters")).clusters[0]?.endpoints.find(({ id }) => id === bad?.address);
  const isOut = async () => {
    await sidecar.get("shop");
    return (await shown())?.ejection !== undefined;
  };

  await bad?.behave({ kind: "status", status: 503 });
  await until("it to be passed over", isOut);
  expect(await shown()).toMatchObject({ health: "healthy", ejection: { because: "traffic" } });
  let failed = 0;
  const before = bad?.seen().total ?? 0;
  for (let request = 0; request < 200; request++) if ((await sidecar.get("shop")).status !== 200) failed++;
  // Probes only: one at the end of each ejection, and 200 requests one after another are over before there were ten.
  expect(failed).toBeLessThan(10);
  expect((bad?.seen().total ?? 0) - before).toBe(failed);

  await bad?.behave({ kind: "answer" });
  await untilAllAnswer(sidecar, "shop", NAMES);
  await untilEqual("its ejection to be over", async () => (await shown())?.ejection, undefined);

  await bad?.behave({ kind: "status", status: 503 });
  await until("it to be passed over again", isOut);
  controlPlane.rewriteConfig({ ...config, defaults: { ...config.defaults, outlier: { consecutive5xx: 0 } } });
  await untilEqual("the operator's word to end it", async () => (await shown())?.ejection, undefined);
  await until("it to get its share again", async () => (await sidecar.get("shop")).status === 503);
}, 90_000);
