// What a sidecar holds while it runs: memory, descriptors, and what keeps its event loop alive, told by itself.

import { readdirSync } from "node:fs";
import { median } from "../bench/percentile.js";
import { rssMbOf } from "../bench/process-usage.js";
import type { Sidecar } from "../harness/planes.js";
import { until } from "../harness/until.js";

export interface Vitals {
  readonly rssMb: number;
  readonly descriptors: number;
  readonly timers: number;
}

/** Preloaded into the sidecar: a signal has it print what is active in it. */
const TELL = `process.on("SIGUSR2",()=>console.log(JSON.stringify({event:"active",timers:process.getActiveResourcesInfo().filter((name)=>name==="Timeout").length})))`;
export const TELLING = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TELL)}` };

export class VitalSigns {
  readonly samples: Vitals[] = [];
  readonly #sidecar: Sidecar;
  #told: number[] = [];

  constructor(sidecar: Sidecar) {
    this.#sidecar = sidecar;
  }

  /** A line of the sidecar's output that tells. */
  heard(timers: number): void {
    this.#told.push(timers);
  }

  async look(): Promise<Vitals> {
    const child = this.#sidecar.process();
    this.#told = [];
    child.signal("SIGUSR2");
    await until("the sidecar to tell what is active in it", () => this.#told.length > 0);
    const vitals = {
      rssMb: rssMbOf(child.pid),
      descriptors: readdirSync(`/proc/${child.pid}/fd`).length,
      timers: this.#told[0] ?? Number.NaN,
    };
    this.samples.push(vitals);
    return vitals;
  }
}

/** Not what is allowed to grow, but what no leak stays below in a soak: a connection or a timer per request would be hundreds a second. */
const MORE = { rssMb: 40, descriptors: 60, timers: 30 };

/** What has grown from the second quarter to the last; the first is warming up. */
export function grown(samples: readonly Vitals[]): readonly string[] {
  const quarter = Math.floor(samples.length / 4);
  const before = samples.slice(quarter, 2 * quarter);
  const after = samples.slice(-quarter);
  return (["rssMb", "descriptors", "timers"] as const).flatMap((name) => {
    const from = median(before.map((each) => each[name]));
    const to = median(after.map((each) => each[name]));
    return to > from + MORE[name] ? [`${name} grew from ${from} to ${to}`] : [];
  });
}
