// One message of the corpus through a proxy, over real sockets, and what became of it at both ends.

import { connect } from "node:net";
import { until } from "../harness/until.js";
import { answersWanted, type CorpusCase, wantedOf } from "./corpus.js";
import type { RecordingOrigin } from "./recording-origin.js";

/** A port of the proxy and the origin behind it, used for one message at a time. */
export interface Lane {
  readonly port: number;
  readonly origin: RecordingOrigin;
}

export interface Outcome {
  /** What the caller heard. */
  readonly heard: string;
  /** The proxy ended the connection: with FIN, with RST, or not at all. */
  readonly ended: "fin" | "rst" | "open";
  /** What each connection brought to the origin. */
  readonly upstream: readonly string[];
}

/** What comes behind what was awaited is heard too. */
const GRACE_MS = 30;

/** @param patienceMs how long nothing may happen before the message counts as one that the proxy still waits for */
export async function requestThrough(lane: Lane, each: CorpusCase, patienceMs: number): Promise<Outcome> {
  lane.origin.begin();
  const wanted = each.expect === "A1+R" || wantedOf(each) === "refuse" ? Number.POSITIVE_INFINITY : answersWanted(each);
  return exchange(lane, { say: each.raw, fin: each.expect === "W", wanted, patienceMs });
}

export async function answerThrough(lane: Lane, each: CorpusCase, patienceMs: number): Promise<Outcome> {
  lane.origin.begin(each.raw);
  const say = `${each.method ?? "GET"} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
  return exchange(lane, { say, fin: false, wanted: Number.POSITIVE_INFINITY, patienceMs });
}

interface Said {
  readonly say: string;
  readonly fin: boolean;
  /** So many final answers are enough; the end of the connection always is. */
  readonly wanted: number;
  readonly patienceMs: number;
}

async function exchange({ port, origin }: Lane, { say, fin, wanted, patienceMs }: Said): Promise<Outcome> {
  let heard = "";
  let ended: Outcome["ended"] = "open";
  let lastMs = performance.now();
  const socket = connect({ host: "127.0.0.1", port });
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    heard += text;
    lastMs = performance.now();
  });
  socket.on("error", () => {
    ended = "rst";
  });
  socket.on("end", () => {
    ended = ended === "open" ? "fin" : ended;
  });
  socket.on("close", () => {
    ended = ended === "open" ? "fin" : ended;
  });
  socket.write(Buffer.from(say, "latin1"));
  if (fin) socket.end();
  const isQuiet = () => performance.now() - Math.max(lastMs, origin.lastHeardMs) > patienceMs;
  const isSettled = () => ended !== "open" || finals(heard) >= wanted || isQuiet();
  await until("a message to be done with", isSettled, { timeoutMs: 120_000, everyMs: 2 });
  await new Promise((resolve) => setTimeout(resolve, GRACE_MS));
  const outcome: Outcome = { heard, ended, upstream: origin.heard };
  socket.destroy();
  return outcome;
}

/** Final answers begun in what a caller heard. */
function finals(heard: string): number {
  return [...heard.matchAll(/HTTP\/1\.[01] [2-5][0-9][0-9]/g)].length;
}

/** Everything through several lanes at once, each message alone on its lane; in the order of the cases. */
export async function throughLanes<T>(
  lanes: readonly Lane[],
  cases: readonly CorpusCase[],
  one: (lane: Lane, each: CorpusCase) => Promise<T>,
): Promise<readonly T[]> {
  const results: T[] = [];
  let next = 0;
  const work = async (lane: Lane): Promise<void> => {
    for (let index = next++; index < cases.length; index = next++) {
      const each = cases[index];
      if (each !== undefined) results[index] = await one(lane, each);
    }
  };
  await Promise.all(lanes.map(work));
  return results;
}
