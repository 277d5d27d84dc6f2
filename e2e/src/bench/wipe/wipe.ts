import { seeded } from "@fairlead/shared";
import type { Bench } from "../bench.js";
import { percentile } from "../percentile.js";
import { fakeStage } from "./fake-stage.js";
import { drawWipe } from "./plan.js";
import { playWipe, type WipeResult } from "./run.js";

const RUNS = { fake: Number(process.env["WIPE_FAKE"] ?? 90), real: 0 };

export const wipe: Bench = {
  name: "wipe",
  measures: "x",
  run: async () => {
    const results: WipeResult[] = [];
    for (let run = 0; run < RUNS.fake; run++) {
      const plan = drawWipe(seeded(run + 1), 40);
      const t = performance.now();
      const stage = await fakeStage(plan.hosts, run + 1);
      const result = await playWipe(plan, stage);
      await stage.close();
      results.push(result);
      for (const line of result.wrong) console.log(`run ${run + 1}: ${line}`);
      console.log(run, plan.hosts, plan.endMs, result.dead, result.rightMs.map(Math.round).join(" "), Math.round(performance.now() - t));
    }
    const rightMs = results.flatMap((result) => result.rightMs);
    return {
      runs: results.length,
      wrong_removals: results.reduce((sum, { wrong }) => sum + wrong.length, 0),
      dead_hosts: results.reduce((sum, { dead }) => sum + dead, 0),
      right_removals: rightMs.length,
      right_removals_p99_s: percentile(rightMs, 99) / 1_000,
    };
  },
};
