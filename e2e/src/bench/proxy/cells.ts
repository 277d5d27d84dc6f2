// What is asked of every proxy, one cell after the other.

import type { PinnedScript } from "../fanout/pinned-script.js";
import { closedLoop, type Loaded } from "./closed-loop.js";
import { type Contestant, cpuOf, rssOf } from "./contestant.js";
import { type LaneName, laneOf } from "./lane.js";
import type { LoadOrder, LoadReport } from "./load-protocol.js";

export type LoadScript = PinnedScript<LoadReport>;

/** One proxy's turn in one round of one cell. */
export interface Slice extends Loaded {
  /** Of the proxy, per unit of its cell; NaN where there is none. */
  readonly cpuUs: number;
  /** While the load was on. */
  readonly rssMb: number;
}

export interface Cell {
  /** As in the figures. */
  readonly name: string;
  readonly what: string;
  /** What is counted, and CPU is given by. */
  readonly unit: "request" | "round trip" | "MiB";
  readonly lane: LaneName;
  measure(contestant: Contestant, load: LoadScript, seconds: number): Promise<Slice>;
  /** The same load straight at the origin: what a proxy adds to its median is the figure. */
  direct?(port: number, load: LoadScript, seconds: number): Promise<Slice>;
}

export const BODIES: Readonly<Record<string, Buffer>> = { "1k": Buffer.alloc(1_024, "a"), "64k": Buffer.alloc(65_536, "b") };

const PACED_CONNECTIONS = 32;
const BULK_CONNECTIONS = 2;

export const CELLS: readonly Cell[] = [
  closed("c32", "1 KiB, 32 connections", { path: "/1k", connections: 32 }),
  closed("64k", "64 KiB, 32 connections", { path: "/64k", connections: 32 }),
  closed("close", "1 KiB, 32 at once, a connection per request", { path: "/1k", connections: 32, closes: true }),
  paced("paced5k", 5_000),
  paced("paced15k", 15_000),
  echoed("websocket", "WebSocket echo of 64 bytes, 32 connections", { over: "websocket", lane: "replies" }),
  closed("c256", "1 KiB, 256 connections", { path: "/1k", connections: 256 }),
  closed("c1000", "1 KiB, 1,000 connections", { path: "/1k", connections: 1_000 }),
  bulk("tcp-bulk", "TCP, from the origin to the caller without a pause, 2 connections", "source"),
  bulk("tcp-bulk-echo", "TCP, there and back without a pause, 2 connections, a MiB being one that came back", "echo"),
  echoed("tcp-pingpong", "TCP echo of 64 bytes, 32 connections", { over: "tcp", lane: "echo" }),
];

function closed(name: string, what: string, asked: { path: string; connections: number; closes?: boolean }): Cell {
  const lane = "files";
  return {
    name,
    what,
    unit: "request",
    lane,
    measure: async (contestant, _load, seconds) => {
      const { port } = laneOf(contestant.lanes, lane);
      const before = cpuOf(contestant);
      let rssMb = Number.NaN;
      const look = setTimeout(() => {
        rssMb = rssOf(contestant);
      }, seconds * 700);
      const loaded = await closedLoop({ closes: false, ...asked, port, seconds });
      clearTimeout(look);
      return { ...loaded, cpuUs: (cpuOf(contestant) - before) / loaded.answered, rssMb };
    },
  };
}

function paced(name: string, perSecond: number): Cell {
  const lane = "replies";
  const order = (port: number, seconds: number): LoadOrder => ({ kind: "pace", port, connections: PACED_CONNECTIONS, perSecond, seconds });
  return {
    name,
    unit: "request",
    lane,
    what: `1 KiB, open loop of ${perSecond.toLocaleString("en")}/s on ${PACED_CONNECTIONS} connections`,
    measure: (contestant, load, seconds) => messages(contestant, load, order(laneOf(contestant.lanes, lane).port, seconds)),
    direct: (port, load, seconds) => messages(undefined, load, order(port, seconds)),
  };
}

function echoed(name: string, what: string, { over, lane }: { over: "websocket" | "tcp"; lane: LaneName }): Cell {
  const connections = PACED_CONNECTIONS;
  return {
    name,
    what,
    unit: "round trip",
    lane,
    measure: (contestant, load, seconds) =>
      messages(contestant, load, { kind: "echo", over, port: laneOf(contestant.lanes, lane).port, connections, seconds }),
  };
}

function bulk(name: string, what: string, from: "source" | "echo"): Cell {
  const connections = BULK_CONNECTIONS;
  return {
    name,
    what,
    unit: "MiB",
    lane: from,
    measure: async (contestant, load, seconds) => {
      const { port } = laneOf(contestant.lanes, from);
      const slice = await messages(contestant, load, { kind: "bulk", from, port, connections, seconds });
      return { ...slice, p50Us: Number.NaN, p99Us: Number.NaN };
    },
  };
}

/** Connecting is not in it. */
async function messages(contestant: Contestant | undefined, load: LoadScript, order: LoadOrder): Promise<Slice> {
  load.send(order);
  await load.next("began");
  const before = contestant === undefined ? Number.NaN : cpuOf(contestant);
  const { answered, seconds, p50Us, p99Us, fault } = await load.next("ended");
  if (fault !== undefined || answered === 0) throw new Error(`a slice with errors: ${fault ?? "no answer"}`);
  const cpuUs = contestant === undefined ? Number.NaN : (cpuOf(contestant) - before) / answered;
  return { answered, seconds, p50Us, p99Us, cpuUs, rssMb: contestant === undefined ? Number.NaN : rssOf(contestant) };
}
