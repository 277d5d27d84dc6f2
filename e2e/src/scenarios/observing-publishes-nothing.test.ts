import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ServiceBody, sidecarOf } from "../harness/mesh.js";
import { startControlPlane } from "../harness/planes.js";
import { temporaryFolder } from "../harness/teardown.js";
import { untilEqual } from "../harness/until.js";

interface StatusBody {
  readonly observe?: { readonly state: string; readonly services: Readonly<Record<string, number>> };
}

interface ObservedBody extends ServiceBody {
  readonly observation?: {
    readonly onlyHere: { readonly first: readonly string[] };
    readonly onlyThere: { readonly first: readonly string[] };
  };
}

const listOf = (...hosts: number[]) => hosts.map((host) => ({ address: `10.0.0.${host}:80` }));
const planeWith = (...hosts: number[]) => ({
  sources: [{ name: "fixed", type: "static", services: { shop: listOf(...hosts) } }],
  defaults: { check: "none" },
});

test("a control plane that observes another says what it would publish otherwise, and publishes nothing", async () => {
  const serving = await startControlPlane(planeWith(1, 2));
  const config = { ...planeWith(2, 3), observe: { against: `http://127.0.0.1:${serving.adminPort}` } };
  const observing = await startControlPlane(config, { waitFor: "alive" });
  const state = async () => (await observing.api<StatusBody>("/v1/status")).observe?.state;
  await untilEqual("the comparison", state, "differs");
  expect((await observing.api<ObservedBody>("/v1/services/shop")).observation).toMatchObject({
    onlyHere: { first: ["10.0.0.3:80"] },
    onlyThere: { first: ["10.0.0.1:80"] },
  });
  const ready = await observing.ask("/readyz");
  expect([ready.status, ready.body]).toEqual([503, expect.stringContaining("observe mode")]);

  const sidecar = await sidecarOf(observing, ["shop"], { waitFor: "alive" });
  expect((await sidecar.plane.ask("/ready")).status).toBe(503);

  serving.rewriteConfig(planeWith(2, 3));
  await untilEqual("the comparison", state, "same");
  expect((await sidecar.plane.ask("/ready")).status).toBe(503);

  await serving.kill();
  await untilEqual("the comparison", state, "unknown");
});

test("a list in a file is what it is compared with as well", async () => {
  const file = join(temporaryFolder("served"), "served.yaml");
  writeFileSync(file, `services: { shop: [ { address: "10.0.0.2:80", weight: 50 }, { address: "10.0.0.3:80" } ] }\n`);
  const observing = await startControlPlane({ ...planeWith(2, 3), observe: { against: file } }, { waitFor: "alive" });
  await untilEqual("the comparison", async () => (await observing.api<StatusBody>("/v1/status")).observe?.state, "differs");
  expect((await observing.api<ObservedBody>("/v1/services/shop")).observation).toMatchObject({
    differing: { first: [{ endpoint: "10.0.0.2:80", what: ["weight 100, there 50"] }] },
  });
});
