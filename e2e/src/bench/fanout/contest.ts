import type { Figures } from "../bench.js";
import { buildGoControlPlane, type Peer, startGoControlPlane } from "./go-control-plane.js";

/** Changes in a block; ours and the peer's blocks take turns, so that what the machine does beside meets both. */
const BLOCK_ROUNDS = 5;
const BLOCKS = 6;

/** Our own server, connected and warm. */
interface Ours {
  send(order: object): void;
  next(kind: "pushed"): Promise<{ readonly pushes: number; readonly cpuMicros: number }>;
}

export interface ContestOptions {
  readonly ours: Ours;
  readonly streams: number;
  readonly endpoints: number;
  /** Connects a fleet of its own, like ours, to a port; resolves when everybody has the first response. */
  connectFleet(port: number): Promise<{ end(): Promise<unknown> }>;
}

/**
 * go-control-plane beside us, with the cache that everybody uses (one snapshot for all nodes, which is the least work) and with
 * its fastest: the same content, change, clients and waits for ACKs, on the same core. Ratios are our pushes per core-second over
 * its own.
 */
export async function contest(options: ContestOptions): Promise<Figures> {
  const built = buildGoControlPlane();
  if (!built.ok) return { peer: `not run: ${built.reason}` };
  const snapshot = await against("snapshot", built.path, options);
  const linear = await against("linear", built.path, options);
  return { peer: `go-control-plane ${built.version}`, ...snapshot, ...linear };
}

async function against(cache: "snapshot" | "linear", path: string, { ours, streams, endpoints, connectFleet }: ContestOptions) {
  const peer = startGoControlPlane(path, cache, 0, endpoints);
  const { port } = await peer.next("listening");
  const empty = await residentBytes(peer);
  const fleet = await connectFleet(port);
  await push(peer, 3);
  const full = await residentBytes(peer);
  const sums = { ours: { pushes: 0, cpuMicros: 0 }, theirs: { pushes: 0, cpuMicros: 0 } };
  for (let block = 0; block < BLOCKS; block++) {
    add(sums.ours, await push(ours, BLOCK_ROUNDS));
    add(sums.theirs, await push(peer, BLOCK_ROUNDS));
  }
  await peer.end(); // first, so that the ports of its clients are free for the next fleet
  await fleet.end();
  console.log(`ours in turns with ${cache}: ${tenths(1e6 / perCoreSecond(sums.ours))} µs of CPU per push`);
  return {
    [`go_${cache}_pushes_per_core_s`]: Math.round(perCoreSecond(sums.theirs)),
    [`go_${cache}_cpu_us_per_push`]: tenths(1e6 / perCoreSecond(sums.theirs)),
    [`go_${cache}_rss_kb_per_sidecar`]: tenths((full - empty) / streams / 1_000),
    [`ratio_to_go_${cache}`]: Math.round((perCoreSecond(sums.ours) / perCoreSecond(sums.theirs)) * 100) / 100,
  };
}

interface Work {
  pushes: number;
  cpuMicros: number;
}

async function push(server: Ours, rounds: number): Promise<Work> {
  server.send({ kind: "push", rounds });
  return server.next("pushed");
}

async function residentBytes(peer: Peer): Promise<number> {
  peer.send({ kind: "measure" });
  return (await peer.next("measured")).rssBytes;
}

function add(sum: Work, { pushes, cpuMicros }: Work): void {
  sum.pushes += pushes;
  sum.cpuMicros += cpuMicros;
}

const perCoreSecond = ({ pushes, cpuMicros }: Work) => (pushes / cpuMicros) * 1e6;
const tenths = (value: number) => Math.round(value * 10) / 10;
