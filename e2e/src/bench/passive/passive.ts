import { seeded } from "@fairlead/shared";
import type { Bench } from "../bench.js";
import { EnvoyRules } from "./envoy-rules.js";
import { type Doing, Fleet, type FleetSpec } from "./fleet.js";

const CALLERS = 1_000;
const ENDPOINTS = 1_000;
const WARM_UP_S = 15;
const WATCHED_S = 60;
const FLOOR = 0.05;
/** Proxies whose own view is simulated beside; they do not hear of each other. */
const ENVOYS = 50;
const WELL: Doing = {};

/**
 * What callers' load reports do to verdicts: the control plane's own code (`health/callers`, `health/verdict`), with 1,000 callers that send
 * each of 1,000 endpoints one request a second, share them by the weights they are told, and report every 5 s. Every check passes, so
 * that what callers meet is all there is. Isolated: at a twentieth of its share, or out. The clock is not the machine's; one seed.
 */
export const passive: Bench = {
  name: "passive",
  measures: "how soon what callers meet isolates a bad endpoint, and whether liars, pauses or trouble of all take anybody out",
  run: async () => {
    beside();
    const figures = { isolated_s: isolated(), slow_isolated_s: slow() };
    const liars = { liar_ejections: liar(), collusion_ejections: collusion() };
    const both = bothDead();
    const calm = { pause_ejections: pauses(), fleetwide_ejections: fleetWide() };
    recovery();
    return { ...figures, ...liars, both_dead_out_s: both, ...calm };
  },
};

function fleet(spec: Partial<FleetSpec> & Pick<FleetSpec, "doing">): Fleet {
  return new Fleet({ callers: CALLERS, endpoints: ENDPOINTS, ...spec });
}

function isolated(): number {
  const one = fleet({ doing: ({ endpoint, seconds }) => (endpoint === 0 && seconds >= WARM_UP_S ? { fails: 0.3 } : WELL) });
  const startUs = process.cpuUsage();
  one.run(WARM_UP_S);
  const { user, system } = process.cpuUsage(startUs);
  const tookS = one.until("one endpoint at 30 % errors", () => one.shareOf(0) <= FLOOR, WATCHED_S);
  console.log(
    `30 % errors: at its floor after ${tookS} s, ${one.run(WATCHED_S).ejections} out; ${((user + system) / one.entries).toFixed(2)} us of CPU an entry, simulation included`,
  );
  return tookS;
}

function slow(): number {
  const one = fleet({ doing: ({ endpoint, seconds }) => (endpoint === 0 && seconds >= WARM_UP_S ? { slower: 5 } : WELL) }).run(WARM_UP_S);
  const tookS = one.until("one endpoint five times as slow", () => one.shareOf(0) < 1, WATCHED_S);
  console.log(`5 times slower: ${one.run(WATCHED_S).shareOf(0)} of its weight, ${one.ejections} out`);
  return tookS;
}

function liar(): number {
  const loudness = (caller: number) => (caller === 7 ? 10 : 1);
  const one = fleet({ loudness, doing: ({ caller }) => (caller === 7 ? { fails: 1 } : WELL) }).run(WARM_UP_S + WATCHED_S);
  named(one, ["caller-7"]);
  return one.ejections;
}

function collusion(): number {
  const isLying = (caller: number) => caller % 20 === 0;
  const one = fleet({ doing: ({ caller, endpoint }) => (isLying(caller) && endpoint === 0 ? { fails: 1 } : WELL) }).run(
    WARM_UP_S + WATCHED_S,
  );
  named(
    one,
    Array.from({ length: CALLERS / 20 }, (_, at) => `caller-${at * 20}`),
  );
  return one.ejections;
}

function bothDead(): number {
  const one = fleet({ endpoints: 9, doing: ({ endpoint, seconds }) => (endpoint < 2 && seconds >= WARM_UP_S ? { fails: 1 } : WELL) }).run(
    WARM_UP_S,
  );
  return one.until("two of nine dead", () => one.shareOf(0) === 0 && one.shareOf(1) === 0, WATCHED_S);
}

/** One in twenty endpoints does nothing for a second of every ten: its callers' reports span half of that, or none. */
function pauses(): number {
  const pausing = ({ endpoint, seconds }: { readonly endpoint: number; readonly seconds: number }): Doing =>
    endpoint % 20 === 0 && seconds % 10 < 5 ? { paused: 0.2 } : WELL;
  return fleet({ doing: pausing }).run(WARM_UP_S + WATCHED_S).ejections;
}

function fleetWide(): number {
  const one = fleet({ doing: ({ seconds }) => (seconds >= WARM_UP_S ? { fails: 0.5 } : WELL) }).run(WARM_UP_S + WATCHED_S);
  if (one.view?.fleetWide === undefined) throw new Error("trouble of all was not named");
  console.log(`all in trouble: ${one.view.fleetWide.because}`);
  return one.ejections;
}

/** One that fails wholly for a minute and then heals: how many checks it is sent until it has its share back. */
function recovery(): void {
  const probesWith = (callers: number) => {
    const doing: FleetSpec["doing"] = ({ endpoint, seconds }) =>
      endpoint === 0 && seconds >= WARM_UP_S && seconds < 75 ? { fails: 1 } : WELL;
    const one = fleet({ callers, endpoints: 10, doing }).run(75);
    const before = total(one);
    one.until("one that heals has its share back", () => one.shareOf(0) === 1, 600);
    return total(one) - before;
  };
  const [few, many] = [probesWith(10), probesWith(1_000)];
  if (many > few * 1.5 + 5) throw new Error(`checks of one that heals grow with its callers: ${few} with 10, ${many} with 1,000`);
  console.log(`checks out of turn of one that heals: ${few} with 10 callers, ${many} with 1,000`);
}

function total({ probes }: Fleet): number {
  return [...probes.values()].reduce((sum, count) => sum + count, 0);
}

function named({ log }: Fleet, callers: readonly string[]): void {
  const found = new Set(log.lines.flatMap(({ fields }) => (typeof fields["caller"] === "string" ? [fields["caller"]] : [])));
  const missing = callers.filter((caller) => !found.has(caller));
  const wronged = [...found].filter((caller) => !callers.includes(caller));
  if (missing.length + wronged.length > 0) throw new Error(`doubted callers: ${missing.length} not named, ${wronged.length} named wrongly`);
}

/** The same traffic by Envoy's rules, each proxy for itself. */
function beside(): void {
  const rng = seeded(5);
  const run = (hosts: number, failsOf: (host: number) => number) => {
    const proxies = Array.from({ length: ENVOYS }, () => new EnvoyRules(hosts));
    const outOf = (host: number) => proxies.filter((proxy) => proxy.isOut(host)).length;
    let early = 0;
    for (let second = 1; second <= WATCHED_S; second++) {
      for (const proxy of proxies) proxy.second(failsOf, rng);
      if (second === 10) early = outOf(0);
    }
    return { early, late: outOf(0), ejections: proxies.reduce((sum, proxy) => sum + proxy.ejections, 0) / ENVOYS };
  };
  const one = run(ENDPOINTS, (host) => (host === 0 ? 0.3 : 0.01));
  console.log(`Envoy's rules, 30 % errors: out of ${one.early} of ${ENVOYS} proxies after 10 s, of ${one.late} after ${WATCHED_S} s`);
  const dead = run(9, (host) => (host < 2 ? 1 : 0.01));
  console.log(`Envoy's rules, two of nine dead: ${dead.ejections} out in a proxy`);
  const all = run(ENDPOINTS, () => 0.5);
  console.log(`Envoy's rules, all in trouble: ${all.ejections.toFixed(1)} healthy ejections in each proxy; slowness has no rule`);
}
