import type { Cell } from "./cells.js";
import type { Contestant } from "./contestant.js";
import type { Standings } from "./standings.js";
import { TARGETS } from "./targets.js";

/** For a person: a block per cell, then the targets. */
export function printReport(standings: Standings, cells: readonly Cell[], contestants: readonly Contestant[]): void {
  for (const cell of cells) {
    console.log(`\n${cell.name}: ${cell.what}`);
    console.log(row(["", `CPU µs/${cell.unit}`, "ours/theirs", "[quartiles]", "per second", "p50 µs", "p99 µs", "added p50", "RSS MB"]));
    for (const { name, version } of contestants) {
      const value = (of: Parameters<Standings["of"]>[2]) => standings.of(cell.name, name, of);
      const cpu = value(({ cpuUs }) => cpuUs);
      if (cpu === undefined) continue;
      const ratio = name === "ours" ? undefined : standings.ratio(cell.name, name);
      console.log(
        row([
          `${name} ${version}`,
          shown(cpu, 1),
          shown(ratio?.median, 2),
          ratio === undefined ? "" : `[${ratio.low.toFixed(2)}, ${ratio.high.toFixed(2)}]`,
          shown(value(({ answered, seconds }) => answered / seconds)),
          shown(value(({ p50Us }) => p50Us)),
          shown(value(({ p99Us }) => p99Us)),
          shown(standings.addedP50(cell.name, name)),
          shown(value(({ rssMb }) => rssMb)),
        ]),
      );
    }
  }
  console.log("\ntargets, our CPU per request over theirs:");
  for (const { over, cell, atMost } of TARGETS) {
    const ratio = standings.ratio(cell, over);
    if (ratio === undefined) continue;
    const verdict = ratio.median <= atMost ? "met" : "MISSED";
    console.log(`  ${over.padEnd(14)}${cell.padEnd(10)}${ratio.median.toFixed(2)} of ${atMost.toFixed(2)} allowed: ${verdict}`);
  }
  printOtherTargets(standings);
}

function printOtherTargets(standings: Standings): void {
  const say = (what: string, ours: number | undefined, atMost: number | undefined) => {
    if (ours === undefined || atMost === undefined) return;
    console.log(`  ${what}: ${ours.toFixed(0)} of ${atMost.toFixed(0)} allowed: ${ours <= atMost ? "met" : "MISSED"}`);
  };
  const added = standings.addedP50("paced15k", "ours");
  say("added p50 at 15,000/s in µs, HAProxy's", added, standings.addedP50("paced15k", "haproxy"));
  const envoys = standings.addedP50("paced15k", "envoy");
  say("added p50 at 15,000/s in µs, half of Envoy's", added, envoys === undefined ? undefined : envoys / 2);
  const rss = standings.of("c256", "ours", ({ rssMb }) => rssMb);
  say(
    "RSS MB under 256 connections, Envoy's",
    rss,
    standings.of("c256", "envoy", ({ rssMb }) => rssMb),
  );
}

const WIDTHS = [24, 18, 12, 14, 11, 9, 9, 10, 8];

function row(cells: readonly string[]): string {
  return cells.map((cell, index) => (index === 0 ? cell.padEnd(WIDTHS[index] ?? 0) : cell.padStart(WIDTHS[index] ?? 0))).join("");
}

function shown(value: number | undefined, digits = 0): string {
  return value === undefined || Number.isNaN(value) ? "" : value.toFixed(digits);
}
