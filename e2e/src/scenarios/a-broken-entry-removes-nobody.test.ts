import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { QUICK_CHECK, sidecarOf, untilAllAnswer } from "../harness/mesh.js";
import { startControlPlane } from "../harness/planes.js";
import { temporaryFolder } from "../harness/teardown.js";
import { until, untilEqual } from "../harness/until.js";

type Service = {
  members: { id: string; outcome: string }[];
  contributions: { source: string; quarantined?: { place: string; reason: string }[] }[];
};

test("an entry of a list that cannot be read removes nobody, and is shown; mended or taken out, the list is taken as it is", async () => {
  const one = await startBackend({ name: "one" });
  const two = await startBackend({ name: "two" });
  const folder = temporaryFolder("lists");
  const path = join(folder, "lists.yaml");
  const write = (...entries: string[]) => {
    writeFileSync(`${path}.new`, `services:\n  shop:\n${entries.map((entry) => `    - ${entry}\n`).join("")}`);
    renameSync(`${path}.new`, path);
  };
  const entryOf = (address: string) => `{ address: "${address}", metadata: { rack: r7 } }`;
  write(entryOf(one.address), entryOf(two.address));
  const controlPlane = await startControlPlane({ sources: [{ name: "lists", type: "file", path }], defaults: { check: QUICK_CHECK } });
  const sidecar = await sidecarOf(controlPlane, ["shop"]);
  await untilAllAnswer(sidecar, "shop", ["one", "two"]);
  const service = () => controlPlane.api<Service>("/v1/services/shop");

  write(entryOf(one.address), `{ adress: "${two.address}" }`);
  const said = await until(
    "the entry to be shown",
    async () => JSON.stringify((await service()).contributions).match(/lists\.yaml:4:\d+/)?.[0],
  );
  expect(said).toMatch(/^lists\.yaml:4:7$/);
  // Longer than the second a removal by a calm source waits.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect((await service()).members.map(({ id, outcome }) => [id, outcome]).sort()).toEqual(
    [one.address, two.address].sort().map((id) => [id, "serving"]),
  );

  write(entryOf(one.address));
  await untilEqual("the endpoint that was taken out to be gone", async () => (await service()).members.map(({ id }) => id), [one.address]);
});
