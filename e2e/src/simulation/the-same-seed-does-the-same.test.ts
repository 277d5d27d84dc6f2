import { describe, expect, test } from "vitest";
import { Account } from "./account.js";
import { RandomRun } from "./random-run.js";

async function accountOf(seed: number): Promise<readonly string[]> {
  const run = new RandomRun(seed);
  const account = new Account(run.mesh);
  await run.begin();
  await run.faults(20);
  return [...run.log, ...account.lines];
}

describe("the simulation", () => {
  test("does the same with the same seed: every publish, table, request and log line, at the same time (invariant 15)", async () => {
    const first = await accountOf(7);
    expect(first.length).toBeGreaterThan(200);
    expect(await accountOf(7)).toEqual(first);
  });

  test("does something else with another seed", async () => {
    expect(await accountOf(8)).not.toEqual(await accountOf(7));
  });
});
