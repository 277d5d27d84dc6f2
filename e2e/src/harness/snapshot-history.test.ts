import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startControlPlane } from "./planes.js";
import { startSnapshotHistory } from "./snapshot-history.js";
import { temporaryFolder } from "./teardown.js";
import { untilEqual } from "./until.js";

const [ONE, TWO, THREE] = ["127.0.0.1:7001", "127.0.0.1:7002", "127.0.0.1:7003"] as const;

test("records what a client is told, step by step and across a restart, and fails on what never should have been", async () => {
  const list = join(temporaryFolder("lists"), "services.yaml");
  const write = (...addresses: readonly string[]) =>
    writeFileSync(list, JSON.stringify({ services: { shop: addresses.map((address) => ({ address })) } }));
  write(ONE, TWO);
  const controlPlane = await startControlPlane({
    sources: [{ name: "lists", type: "file", path: list }],
    defaults: { check: "none", safety: "off" },
  });
  const history = await startSnapshotHistory(controlPlane, "shop");
  expect(history.now().addresses).toEqual([ONE, TWO]);
  write(ONE, TWO, THREE);
  await untilEqual("the addition", () => history.now().addresses, [ONE, TWO, THREE]);
  write(ONE, THREE);
  await untilEqual("the removal", () => history.now().addresses, [ONE, THREE]);
  expect(history.changes().map(({ usable }) => usable.length)).toEqual([3, 2]);
  history.neverBelow(2);
  history.neverLost(ONE);
  expect(() => history.neverBelow(3)).toThrow("fewer than 3");
  expect(() => history.neverLost(ONE, TWO)).toThrow(`${TWO} lost`);
  expect(() => history.neverListed(THREE)).toThrow(`+${THREE}`);
  expect(() => history.neverChanged()).toThrow("changed");
  history.forget();
  history.neverListed(TWO);
  // At its end it saves what it has published last; killed, it might come back with what it saved a second before.
  await controlPlane.stop();
  await controlPlane.restart();
  await untilEqual("the step after the restart", () => history.steps().length, 2);
  history.neverChanged();
});
