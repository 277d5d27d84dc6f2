import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { repositoryTop } from "../../harness/paths.js";
import type { Bench, Figures } from "../bench.js";
import { startPinnedScript } from "../fanout/pinned-script.js";
import { BODIES, CELLS, type Cell, type LoadScript, type Slice } from "./cells.js";
import { type Contestant, type ContestantName, rssOf, takesPart } from "./contestant.js";
import { OTHER_CORE, pin } from "./cores.js";
import { LINEUP, startContestant, startFileOrigins } from "./lineup.js";
import type { LoadReport } from "./load-protocol.js";
import { printReport } from "./report.js";
import { untilRight } from "./right.js";
import { Standings } from "./standings.js";

const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? "7");
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? "2");
const PARTS = process.env["BENCH_PARTS"]?.split(",");
const PROXIES = process.env["BENCH_PROXIES"]?.split(",");

/**
 * The sidecar beside other proxies, each with what the sidecar does for every request switched on (configs.ts), alone on core 0 in
 * its turn; load and origins are on core 1. In every round each has a slice of every cell, another one first each time. `ratios` are
 * our CPU per request (TCP: per MiB or round trip) over theirs, median over rounds of the same round's; `added_p50_us` is what a proxy adds to the median
 * of an open loop, measured from when a request was to be sent. A slice with a wrong answer or an error ends the bench.
 */
export const proxy: Bench = {
  name: "proxy",
  measures:
    "CPU per request and per MiB of TCP, added latency and memory of the sidecar beside HAProxy, nginx, Envoy and proxies in JavaScript",
  run: measure,
};

async function measure(): Promise<Figures> {
  const cells = CELLS.filter(({ name }) => PARTS === undefined || PARTS.includes(name));
  const names = LINEUP.filter((name) => name === "ours" || PROXIES === undefined || PROXIES.includes(name));
  makeSureOfProxies();
  pin(process.pid, OTHER_CORE);
  const files = await startFileOrigins(BODIES);
  const load: LoadScript = startPinnedScript<LoadReport>("proxy-load-main.js", OTHER_CORE, []);
  const { origins } = await load.next("listening");
  const contestants: Contestant[] = [];
  for (const name of names) contestants.push(await startContestant(name, { files, ...origins }));
  const standings = new Standings();
  for (const contestant of contestants) await untilRight(contestant);
  for (const contestant of contestants) standings.idle(contestant.name, rssOf(contestant));
  for (const cell of cells) {
    const taking = contestants.filter((contestant) => takesPart(contestant, cell));
    const [direct] = origins.replies;
    // Everybody's code is warm, and its connections stand, before anything counts.
    await oneRound(cell, taking, { load, seconds: 1, first: 0, direct });
    for (let round = 0; round < ROUNDS; round++) {
      const slices = await oneRound(cell, taking, { load, seconds: SECONDS, first: round, direct });
      standings.add(cell.name, slices);
      console.log(`${cell.name} ${round + 1}/${ROUNDS} ${[...slices].map(([name, { cpuUs }]) => `${name} ${cpuUs.toFixed(1)}`).join(" ")}`);
    }
    for (const contestant of contestants) await untilRight(contestant);
  }
  printReport(standings, cells, contestants);
  // So that a profile is written (BENCH_NODE_ARGS).
  await contestants.find(({ name }) => name === "ours")?.end();
  return standings.figures(names);
}

interface RoundOptions {
  readonly load: LoadScript;
  readonly seconds: number;
  readonly first: number;
  /** The origin's own port. */
  readonly direct: number | undefined;
}

async function oneRound(cell: Cell, contestants: readonly Contestant[], { load, seconds, first, direct }: RoundOptions) {
  const slices = new Map<ContestantName | "direct", Slice>();
  if (cell.direct !== undefined && direct !== undefined) slices.set("direct", await cell.direct(direct, load, seconds));
  for (let turn = 0; turn < contestants.length; turn++) {
    const contestant = contestants[(turn + first) % contestants.length];
    if (contestant === undefined) continue;
    try {
      slices.set(contestant.name, await cell.measure(contestant, load, seconds));
    } catch (error) {
      throw new Error(`${contestant.name}, ${cell.name}: ${(error as Error).message}`, { cause: error });
    }
  }
  return slices;
}

/** That HAProxy, nginx and the other proxies are installed. */
export function makeSureOfProxies(): void {
  const prepare = [join(repositoryTop, "e2e/prepare.mjs"), "--proxies"];
  const { status } = spawnSync(process.execPath, prepare, { stdio: "inherit" });
  if (status !== 0) throw new Error(`${prepare.join(" ")} ended with ${status}`);
}
