import { soak as runSoak } from "../../soak/soak.js";
import type { Bench } from "../bench.js";
import { median } from "../percentile.js";

const MINUTES = Number(process.env["SOAK_MINUTES"] ?? "30");
const SAMPLE_MS = 5_000;

/**
 * Requests with ids through a sidecar while its backends die, hang, fail, leave the list and return, and the control plane is dead for
 * the middle third (`src/soak`); every id is accounted for at client, sidecar and backends. `first` and `last` are medians
 * of the second and of the last quarter. SOAK_MINUTES: 30.
 */
export const soak: Bench = {
  name: "soak",
  measures: `requests unaccounted for, and growth of memory, descriptors and timers, in ${MINUTES} minutes of trouble`,
  run: async () => {
    const { problems, samples, troubles, ...totals } = await runSoak({
      seconds: MINUTES * 60,
      sampleMs: SAMPLE_MS,
      controlPlaneDead: "middle-third",
    });
    for (const problem of problems) console.log(problem);
    if (problems.length > 0) throw new Error(`${problems.length} things do not add up`);
    const quarter = Math.floor(samples.length / 4);
    const of = (from: number, to?: number) => {
      const part = samples.slice(from, to);
      return {
        rss_mb: median(part.map(({ rssMb }) => rssMb)),
        descriptors: median(part.map(({ descriptors }) => descriptors)),
        timers: median(part.map(({ timers }) => timers)),
      };
    };
    return {
      minutes: MINUTES,
      ...totals,
      refusals: { ...totals.refusals },
      troubles: { ...troubles },
      first: of(quarter, 2 * quarter),
      last: of(-quarter),
    };
  },
};
