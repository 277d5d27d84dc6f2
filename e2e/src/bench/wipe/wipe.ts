import { monitorEventLoopDelay } from "node:perf_hooks";
import { seeded } from "@fairlead/shared";
import { startZooKeeper } from "../../harness/zookeeper.js";
import type { Bench } from "../bench.js";
import { percentile } from "../percentile.js";
import { fakeStage } from "./fake-stage.js";
import { drawWipe } from "./plan.js";
import { realStage } from "./real-stage.js";
import { playWipe, type WipeResult } from "./run.js";

const RUNS = { real: 10, fake: 90 };
/** Real hosts and their checks share the machine with the planes: 20 of them at a thirtieth of 2 s are 300 checks a second. */
const HOSTS_MOST = { real: 20, fake: 40 };

/**
 * All ephemerals are gone while ZooKeeper is away; it comes back and everybody registers again in random order and speed,
 * but for a few hosts that died meanwhile. `wrong_removals`: live hosts that an assignment, as a client is sent it, lacked
 * or called unhealthy, at any time. `right_removals_p99_s`: from the death of a host to the assignment that has it no
 * more or as unhealthy; the wait for the next check (2 s), and for a host that is silent three checks (2 s each), are in
 * it. All defaults but the check. Ten runs have a real ZooKeeper, real sockets and the built control plane with
 * every clock divided by 30; ninety the same control plane on a fake clock. All times are undivided.
 * `longest_standstill_ms` (real time, in the real runs): how late this process ran at worst. A live host is silent for the
 * checks after 200 ms: a wrong removal beside a standstill of that size is the machine's, and the bench has to run again.
 */
export const wipe: Bench = {
  name: "wipe",
  measures: `ZooKeeper loses every ephemeral: live hosts wrongly taken out, dead ones taken out in time (${RUNS.real} real runs, ${RUNS.fake} on a fake clock)`,
  run: async () => {
    const server = await startZooKeeper();
    const results: WipeResult[] = [];
    const standstill = monitorEventLoopDelay({ resolution: 10 });
    standstill.enable();
    for (let run = 1; run <= RUNS.real + RUNS.fake; run++) {
      const kind = run <= RUNS.real ? "real" : "fake";
      if (kind === "fake") standstill.disable();
      const plan = drawWipe(seeded(run), HOSTS_MOST[kind]);
      const stage = kind === "real" ? await realStage(server, plan.hosts) : await fakeStage({ ...plan, seed: run, safety: "standard" });
      results.push(await playWipe(plan, stage));
      await stage.close();
      for (const line of results.at(-1)?.wrong ?? []) console.log(`run ${run} (${kind}): ${line}`);
      if (run % 10 === 0) console.log(`${run} of ${RUNS.real + RUNS.fake} runs: ${JSON.stringify(figuresOf(results))}`);
    }
    return { ...figuresOf(results), longest_standstill_ms: Math.round(standstill.max / 1e6) };
  },
};

function figuresOf(results: readonly WipeResult[]) {
  const rightMs = results.flatMap((result) => result.rightMs);
  return {
    runs: results.length,
    wrong_removals: results.reduce((sum, { wrong }) => sum + wrong.length, 0),
    dead_hosts: results.reduce((sum, { dead }) => sum + dead, 0),
    right_removals: rightMs.length,
    right_removals_p99_s: Math.round(percentile(rightMs, 99) / 10) / 100,
  };
}
