import { seeded } from "@fairlead/shared";
import { expect, test } from "vitest";
import { fakeStage } from "../bench/wipe/fake-stage.js";
import { drawWipe } from "../bench/wipe/plan.js";
import { playWipe } from "../bench/wipe/run.js";

async function wipes(options: { readonly safety: "standard" | "off"; readonly inSight?: boolean }) {
  const results = [];
  for (let seed = 1; seed <= 10; seed++) {
    const plan = drawWipe(seeded(seed), 40);
    const stage = await fakeStage({ ...plan, seed, ...options });
    results.push(await playWipe(plan, stage));
    await stage.close();
  }
  return {
    wrong: results.flatMap(({ wrong }) => wrong),
    dead: results.reduce((sum, { dead }) => sum + dead, 0),
    rightMs: results.flatMap(({ rightMs }) => rightMs),
  };
}

test("when ZooKeeper loses every ephemeral no client is told to leave out a live host, and every dead one is out within 10 s", async () => {
  const { wrong, dead, rightMs } = await wipes({ safety: "standard" });
  expect(wrong).toEqual([]);
  expect(rightMs.length).toBe(dead);
  expect(Math.max(...rightMs)).toBeLessThanOrEqual(10_000);
});

test("the same holds when the control plane keeps its connection and sees everybody go and come back", async () => {
  const { wrong, dead, rightMs } = await wipes({ safety: "standard", inSight: true });
  expect(wrong).toEqual([]);
  expect(rightMs.length).toBe(dead);
});

test("the same without guards loses live hosts: what is judged can fail", async () => {
  expect((await wipes({ safety: "off" })).wrong.length).toBeGreaterThan(0);
});
