import { describe, expect, test } from "vitest";
import { expectAgreement, expectEqualVersions, expectNoChange } from "./quiescence.js";
import { RandomRun } from "./random-run.js";

/** One seed, to look at a failure; its log is printed. */
const only = process.env["SIMULATION_SEED"];
const seeds =
  only === undefined ? Array.from({ length: Number(process.env["SIMULATION_SEEDS"] ?? 30) }, (_, index) => index + 1) : [Number(only)];

describe("whole planes under random faults", () => {
  test.each(seeds)("seed %i: nobody vanishes, no request is lost, and all agree when it is quiet again", async (seed) => {
    const run = new RandomRun(seed);
    await run.begin();
    await run.faults();
    await run.quiet();
    await expectAgreement(run);
    await expectEqualVersions(run);
    await expectNoChange(run);
    const { requests } = run.watched;
    if (only !== undefined)
      console.log(`${run.log.join("\n")}\n${requests.answered} requests answered, excused: ${JSON.stringify(requests.excused)}`);
    expect(requests.answered).toBeGreaterThan(0);
  });
});
