import type { PickPolicy } from "@fairlead/sidecar/endpoint";
import type { Bench, Figures } from "../bench.js";
import { failingFastShare } from "./failing-fast.js";
import { mostOverShare, movedOverIdeal } from "./hashing.js";
import { type Joining, newcomerPeak, rampOver } from "./newcomer.js";
import { pausing } from "./pausing.js";
import { permuting } from "./permuting.js";
import { nsPerNaivePick, nsPerPick, SIZES } from "./pick-cost.js";

const POLICIES: readonly PickPolicy[] = ["round-robin", "least-request", "random", "peak-ewma", "ring-hash", "maglev"];
const HASHING: readonly PickPolicy[] = ["ring-hash", "maglev"];
const PICKING_BY_LOAD = POLICIES.filter((policy) => !HASHING.includes(policy));

/** What has to hold. */
const TARGET = { newcomerPeak: 1.2, failingFastShare: 0.01, movedRing: 1.1, movedMaglev: 1.3, pauseP99: 1.05 } as const;
const RAMP_MS = 20_000;

/** What balancing does, on a fake clock and seeds, with the sidecar's own cluster table and pickers; and what a pick costs, on this machine's. */
export const balance: Bench = {
  name: "balance",
  measures:
    "balancing with the real pickers on a fake clock: permutations, newcomers, failing and pausing hosts, keys that move; ns per pick",
  run: () => {
    const permuted = permutations();
    const peak = newcomers();
    const share = failingHosts();
    const ejections = pauses();
    const moved = keys();
    return Promise.resolve({
      permuted_picks_changed: permuted,
      newcomer_peak_over_ramp: rounded(peak),
      fast_failing_share: rounded(share, 4),
      pause_ejections: ejections,
      hash_moved_over_ideal: moved,
      ns_per_pick: costs(),
    });
  },
};

function permutations(): number {
  let all = 0;
  for (const policy of POLICIES) {
    const { changed, lost } = permuting(policy);
    judge(
      `${policy}: 1,000 endpoints permuted 100 times: ${changed} of 20,000 picks changed, ${lost} histories lost`,
      changed + lost === 0,
    );
    all += changed + lost;
  }
  return all;
}

function newcomers(): number {
  const windowMs = RAMP_MS;
  const slowStart = { windowMs, aggression: 1, leastPercent: 10 };
  const joinings: readonly (readonly [string, Joining])[] = [
    // It joins five seconds into the run.
    ["by its metadata", { endpoint: { ramp: { startMs: 1_700_000_005_000, windowMs } }, target: rampOver(windowMs), watchedMs: windowMs }],
    ["by the cluster's slow start", { config: { slowStart }, target: rampOver(windowMs), watchedMs: windowMs }],
    ["without a ramp", { target: () => 1, watchedMs: 10_000 }],
  ];
  let highest = 0;
  for (const policy of PICKING_BY_LOAD) {
    for (const [how, joining] of joinings) {
      const { peak, least } = newcomerPeak(policy, joining);
      judge(
        `${policy}: a newcomer to ten busy hosts, ${how}: at most ${rounded(peak)} x its target in a second (at least ${rounded(least)})`,
        peak <= TARGET.newcomerPeak,
      );
      highest = Math.max(highest, peak);
    }
  }
  return highest;
}

/** The figure is of peak EWMA, the picker that has the penalty; the others are shown, as they do not claim to see it. */
function failingHosts(): number {
  for (const policy of PICKING_BY_LOAD.filter((each) => each !== "peak-ewma")) {
    say(
      `${policy}: a host failing in 1 ms gets ${percent(failingFastShare(policy))} of the traffic (no penalty for errors; for comparison)`,
    );
  }
  const share = failingFastShare("peak-ewma");
  judge(`peak-ewma: a host failing in 1 ms gets ${percent(share)} of the traffic from 2 s on`, share < TARGET.failingFastShare);
  return share;
}

/** The baseline is the choice of two by requests under way. */
function pauses(): number {
  const baseline = pausing("least-request");
  let ejections = 0;
  for (const policy of PICKING_BY_LOAD) {
    const figures = pausing(policy);
    const line = `${policy}: pauses of 1 s on 5 % of 100 hosts every 10 s: ${figures.ejections} ejections, p50 ${figures.p50Ms} ms, p99 ${figures.p99Ms} ms`;
    const isBaseline = policy === "peak-ewma" && figures.p99Ms <= baseline.p99Ms * TARGET.pauseP99;
    if (policy === "peak-ewma") judge(`${line}; within 5 % of the choice of two, ${baseline.p99Ms} ms`, isBaseline);
    judge(line, figures.ejections === 0);
    ejections += figures.ejections;
  }
  return ejections;
}

function keys(): Figures {
  const highest: Record<string, number> = {};
  for (const policy of HASHING) {
    const target = policy === "maglev" ? TARGET.movedMaglev : TARGET.movedRing;
    for (const hosts of [10, 100, 1_000]) {
      const moved = movedOverIdeal(policy, hosts);
      judge(`${policy}: one of ${hosts} hosts leaves: ${rounded(moved)} x 1/n of the keys move, at most ${target}`, moved <= target);
      highest[policy] = rounded(Math.max(highest[policy] ?? 0, moved));
    }
    const { bound, most } = mostOverShare(policy, 20);
    judge(`${policy}: a bound of 125 % with a third of the requests on one key: at most ${rounded(most)} x the share`, bound);
  }
  return highest;
}

function costs(): Figures {
  const figures: Record<string, Record<string, number>> = {};
  for (const policy of POLICIES) {
    const row = SIZES.map((size) => [size, nsPerPick(policy, size), nsPerNaivePick(policy, size)] as const);
    say(`${policy}: ns per pick: ${row.map(([size, ours, naive]) => `${ours} (naive ${naive}) at ${size}`).join(", ")}`);
    figures[policy] = Object.fromEntries(row.map(([size, ours]) => [size, ours]));
  }
  return figures;
}

function judge(what: string, isMet: boolean): void {
  say(`${isMet ? "met   " : "MISSED"} ${what}`);
}

function say(line: string): void {
  console.log(line);
}

function rounded(number: number, digits = 3): number {
  return Number(number.toFixed(digits));
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
