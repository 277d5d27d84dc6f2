import { RESOURCE_TYPES } from "@fairlead/proto";
import { temporaryFolder } from "../../harness/teardown.js";
import { until } from "../../harness/until.js";
import type { Bench, Figures } from "../bench.js";
import { startPinnedScript } from "../fanout/pinned-script.js";
import { RawStream } from "../fanout/raw-stream.js";
import { median, percentile } from "../percentile.js";
import { serviceAt } from "./bench-source.js";
import type { PlaneReport } from "./plane-protocol.js";

const CLUSTERS = [1, 100, 1_000];
const ENDPOINTS = 100;
const BIG = 10_000;
/** Rounds take turns among the planes, so that what else the machine does falls on all of them. */
const ROUNDS = { warm: 6, measured: 12 };
/** One change of the big cluster costs as much as a round of the others. */
const CHANGES_PER_ROUND = { usual: 12, big: 2 };
/** One in a hundred of 100,000 endpoints each second. */
const FLAPS = { perSecond: 1_000, seconds: 15 };
/** What sending may cost beyond the changed assignments themselves, and a change beyond what it costs with one cluster. */
const RATIO_MOST = 1.2;

/**
 * What one change costs the whole control plane, CPU of its process over all threads, until one sidecar that has every assignment has
 * acknowledged it (delta ADS): one endpoint is re-weighted, each time in another cluster, and then it is quiet again. The plane is the built app; its
 * source is one that says what it is told, its checks always pass. `us_per_change` is by number of clusters of 100 endpoints;
 * `us_per_change_10k` with one cluster of 10,000. Changes during which the snapshot was saved stand apart (`save_ms`, with 1,000
 * clusters: what a save adds): saves follow the time, not the changes. `cpu_ms_per_s` has everything in it, of 1,000 changes: 1,000 clusters, endpoints
 * leave and come back 1,000 times a second (`changes_per_s` where the machine cannot), under the default guards. `bytes_ratio` is what went to the sidecar's socket meanwhile over the
 * bytes of the assignments that each publish changed. `full_bytes` are all assignments once.
 */
export const snapshot: Bench = {
  name: "snapshot",
  measures: "one change in a control plane of 1, 100 and 1,000 clusters: CPU, and bytes to a sidecar that has them all",
  run: async () => measure(),
};

interface Plane {
  /** CPU of each change of one round, in µs. */
  change(): Promise<Extract<PlaneReport, { kind: "changed" }>>;
  flap(): Promise<Extract<PlaneReport, { kind: "flapped" }>>;
  bytesRead(): number;
}

async function measure(): Promise<Figures> {
  const planes = new Map<string, Plane>();
  for (const clusters of CLUSTERS) planes.set(String(clusters), await startPlane(clusters, ENDPOINTS));
  planes.set("10k", await startPlane(1, BIG));
  const rounds = await takeTurns(planes);
  const largest = String(CLUSTERS.at(-1));
  const micros = (name: string) => Math.round(percentile(rounds.get(name)?.clear.flat() ?? [], 50));
  const ratio = ratioOf(rounds.get(largest)?.clear ?? [], rounds.get("1")?.clear ?? []);
  const saves = rounds.get(largest)?.saving ?? [];
  console.log(`changes: ${[...rounds.keys()].map((name) => `${name} ${micros(name)} µs`).join(", ")}; ratio ${ratio}`);
  const flapping = await flap(planes.get(largest));
  if (flapping.bytes_ratio > RATIO_MOST) fail(`bytes_ratio is ${flapping.bytes_ratio}, above ${RATIO_MOST}`);
  if (ratio > RATIO_MOST) fail(`change_ratio is ${ratio}, above ${RATIO_MOST}`);
  return {
    us_per_change: Object.fromEntries(CLUSTERS.map((clusters) => [clusters, micros(String(clusters))])),
    change_ratio: ratio,
    us_per_change_10k: micros("10k"),
    save_ms: Math.round((percentile(saves, 50) - micros(largest)) / 100) / 10,
    ...flapping,
  };
}

async function startPlane(clusters: number, endpoints: number): Promise<Plane> {
  const plane = startPinnedScript<PlaneReport>("snapshot-plane-main.js", 0, [
    String(clusters),
    String(endpoints),
    temporaryFolder("bench-snapshot"),
  ]);
  const { port } = await plane.next("listening");
  const got = { responses: 0, closed: false };
  const stream = new RawStream({
    port,
    node: "node-0",
    cluster: "bench",
    subscriptions: [
      { typeUrl: RESOURCE_TYPES.assignment, names: Array.from({ length: clusters }, (_, index) => serviceAt(index)), held: {} },
    ],
    manners: "acks",
    onResponse: () => (got.responses += 1),
    onClosed: () => (got.closed = true),
  });
  await until("the first response", () => got.responses > 0 || got.closed, { timeoutMs: 60_000 });
  if (got.closed) throw new Error("the control plane closed the stream");
  return {
    change() {
      plane.send({ kind: "change", changes: endpoints === BIG ? CHANGES_PER_ROUND.big : CHANGES_PER_ROUND.usual });
      return plane.next("changed");
    },
    flap() {
      plane.send({ kind: "flap", ...FLAPS });
      return plane.next("flapped");
    },
    bytesRead: () => stream.bytesRead,
  };
}

interface Rounds {
  /** Of each round, the CPU of each change. */
  readonly clear: number[][];
  readonly saving: number[];
}

async function takeTurns(planes: ReadonlyMap<string, Plane>): Promise<ReadonlyMap<string, Rounds>> {
  const all = new Map<string, Rounds>([...planes.keys()].map((name) => [name, { clear: [], saving: [] }]));
  for (let round = -ROUNDS.warm; round < ROUNDS.measured; round++) {
    for (const [name, plane] of planes) {
      const { clear, saving } = await plane.change();
      if (round < 0) continue;
      all.get(name)?.clear.push([...clear]);
      all.get(name)?.saving.push(...saving);
    }
  }
  return all;
}

/** Median over the rounds of the ratio within a round: the machine drifts, and both drift alike. */
function ratioOf(one: readonly (readonly number[])[], other: readonly (readonly number[])[]): number {
  const ratios = one.map((micros, round) => median(micros) / median(other[round] ?? []));
  return Math.round(median(ratios.filter((each) => Number.isFinite(each))) * 100) / 100;
}

async function flap(plane: Plane | undefined) {
  if (plane === undefined) throw new Error("there is no plane to flap in");
  const before = plane.bytesRead();
  const { changes, tookS, publishes, changedBytes, fullBytes, cpuMicrosPerChange } = await plane.flap();
  const bytes = plane.bytesRead() - before;
  return {
    changes_per_s: Math.round(changes / tookS),
    publishes_per_s: Math.round((publishes / tookS) * 10) / 10,
    cpu_ms_per_s: Math.round((cpuMicrosPerChange * FLAPS.perSecond) / 1_000),
    bytes_per_sidecar_per_s: Math.round(bytes / tookS),
    changed_bytes_per_s: Math.round(changedBytes / tookS),
    bytes_ratio: Math.round((bytes / changedBytes) * 1_000) / 1_000,
    full_bytes: fullBytes,
  };
}

function fail(because: string): void {
  console.error(`missed: ${because}`);
  process.exitCode = 1;
}
