import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { QUICK_CHECK, serviceBody, sidecarOf, untilAllAnswer } from "../harness/mesh.js";
import { startControlPlane } from "../harness/planes.js";
import { temporaryFolder } from "../harness/teardown.js";
import { until, untilEqual } from "../harness/until.js";

test("an address that another tenant answers on, with status 200, gets no traffic, until the one that is registered is back", async () => {
  const [one, two] = [await startBackend({ name: "one" }), await startBackend({ name: "two" })];
  const path = join(temporaryFolder("lists"), "services.json");
  const list = (instance: string) =>
    writeFileSync(
      path,
      JSON.stringify({
        services: {
          shop: [
            { address: one.address, instance },
            { address: two.address, instance: "two" },
          ],
        },
      }),
    );
  list("one");
  const controlPlane = await startControlPlane({
    sources: [{ name: "lists", type: "file", path }],
    // Every answer of a backend has its name in it.
    defaults: { check: { ...QUICK_CHECK, path: "/", identity: { header: "X-Backend", is: "{instance}" } } },
  });
  const sidecar = await sidecarOf(controlPlane, ["shop"]);
  await untilAllAnswer(sidecar, "shop", ["one", "two"]);
  const member = async () => (await serviceBody(controlPlane, "shop")).members.find(({ id }) => id === one.address);

  await one.kill();
  const stranger = await startBackend({ name: "stranger", port: one.port });
  const out = await until("it to be out", async () => {
    const shown = await member();
    return shown?.outcome === "out" && shown.because.join().includes("somebody else") ? shown : undefined;
  });
  expect(out.because.join()).toContain('x-backend is "stranger", expected "one"');
  const before = stranger.seen().byId.size;
  for (let request = 0; request < 50; request++) expect((await sidecar.get("shop")).headers["x-backend"]).toBe("two");
  expect(stranger.seen().byId.size).toBe(before);
  expect((await member())?.outcome).toBe("out");

  // The stranger registers under its own name: the same address is somebody else's now, and right.
  list("stranger");
  await untilAllAnswer(sidecar, "shop", ["stranger", "two"]);
  list("one");
  await untilEqual("the old registration to be out again", async () => (await member())?.outcome, "out");
  await stranger.kill();
  await startBackend({ name: "one", port: one.port });
  await untilAllAnswer(sidecar, "shop", ["one", "two"]);
}, 90_000);
