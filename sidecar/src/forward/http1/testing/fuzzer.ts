// A fuzzer guided by branch counters: what reaches something new is kept, and changed further.

import type { Rng } from "@fairlead/shared";
import type { FuzzInput } from "./oracle.js";

/** Raised by the code under test; more than one run of a branch counts in steps. */
export type Counters = Uint8Array;

export interface FuzzOptions {
  readonly seeds: readonly FuzzInput[];
  readonly rng: Rng;
  readonly counters: Counters;
  /** What is wrong with how an input is taken. */
  readonly faultOf: (input: FuzzInput) => string | undefined;
  readonly goesOn: (executions: number) => boolean;
}

export interface FuzzFound {
  readonly input: FuzzInput;
  readonly fault: string;
}

export interface FuzzReport {
  readonly executions: number;
  readonly branches: number;
  readonly branchesReached: number;
  /** Few that reach together all that was reached. */
  readonly kept: readonly FuzzInput[];
  /** The first of them. */
  readonly found: readonly FuzzFound[];
}

const MAX_CHARS = 1_200;
const MAX_FOUND = 20;
const MAX_CUTS = 6;

const WORDS: readonly string[] = [
  ...["\r\n", "\r", "\n", "\r\n\r\n", "\0", " ", "\t", ":", ",", ";", "=", '"', "\\", "\x0b", "\x7f", "\x80", "\xff", "/", "?", "*", "#"],
  ...["GET ", "HEAD ", "POST ", "OPTIONS ", "CONNECT ", " HTTP/1.1\r\n", " HTTP/1.0\r\n", " HTTP/2.0\r\n", "http://a", "http://b/"],
  ...["Host: a\r\n", "Host: ", "Content-Length: 5\r\n", "Content-Length: ", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: "],
  ...["chunked", "gzip", "identity", "Connection: close\r\n", "Connection: x-a, content-length\r\n", "Connection: keep-alive\r\n"],
  ...["Upgrade: websocket\r\nConnection: Upgrade\r\n", "Expect: 100-continue\r\n", "X-Forwarded-For: 1.2.3.4\r\n", "X-Request-Id: r\r\n"],
  ...[
    "0\r\n\r\n",
    "5\r\nhello\r\n",
    '5;a="b"\r\nhello\r\n',
    "0\r\nX: y\r\n\r\n",
    "0",
    "1",
    "5",
    "00",
    "-1",
    "+5",
    "0x5",
    "ffffffffffffffff",
  ],
  ...["9007199254740992", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"],
  ...[
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 103 E\r\n\r\n",
    "HTTP/1.1 204 N\r\n",
    "HTTP/1.1 304 N\r\n",
    "HTTP/1.0 200 OK\r\n",
  ],
];

export function fuzz({ seeds, rng, counters, faultOf, goesOn }: FuzzOptions): FuzzReport {
  const seen = new Uint8Array(counters.length);
  const found: FuzzFound[] = [];
  const pool: FuzzInput[] = [];
  let executions = 0;
  const run = (input: FuzzInput): void => {
    counters.fill(0);
    executions++;
    const fault = faultOf(input);
    if (fault !== undefined && found.length < MAX_FOUND) found.push({ input, fault });
    if (reachesNew(counters, seen)) pool.push(input);
  };
  for (const seed of seeds) if (seed.raw.length <= MAX_CHARS) run(seed);
  while (pool.length > 0 && goesOn(executions) && found.length < MAX_FOUND) {
    const parent = pool[below(rng, pool.length)];
    const other = pool[below(rng, pool.length)];
    if (parent !== undefined && other !== undefined) run(changed(parent, other, rng));
  }
  const kept = fewest(pool, (input) => {
    counters.fill(0);
    faultOf(input);
    return counters;
  });
  return { executions, branches: counters.length, branchesReached: seen.filter((steps) => steps !== 0).length, kept, found };
}

/** Inputs that add something, the shortest first. */
function fewest(pool: readonly FuzzInput[], countersOf: (input: FuzzInput) => Counters): readonly FuzzInput[] {
  let seen: Uint8Array | undefined;
  const shortestFirst = [...pool].sort((one, other) => one.raw.length - other.raw.length);
  return shortestFirst.filter((input) => {
    const counters = countersOf(input);
    seen ??= new Uint8Array(counters.length);
    return reachesNew(counters, seen);
  });
}

/** Remembers which steps of which branches were reached. */
function reachesNew(counters: Counters, seen: Uint8Array): boolean {
  let isNew = false;
  for (let index = 0; index < counters.length; index++) {
    const step = stepOf(counters[index] ?? 0);
    const known = seen[index] ?? 0;
    if ((known | step) === known) continue;
    seen[index] = known | step;
    isNew = true;
  }
  return isNew;
}

function stepOf(count: number): number {
  if (count < 4) return count === 0 ? 0 : 1 << (count - 1);
  return count < 8 ? 8 : count < 32 ? 16 : count < 128 ? 32 : 64;
}

/** One to eight changes of what is said, and new cuts. */
function changed({ kind, raw }: FuzzInput, other: FuzzInput, rng: Rng): FuzzInput {
  let text = raw;
  for (let changes = 1 + below(rng, 8); changes > 0; changes--) text = changedOnce(text, other.raw, rng);
  const cuts = Array.from({ length: 1 + below(rng, MAX_CUTS) }, () => below(rng, text.length + 1));
  return { kind, raw: text.slice(0, MAX_CHARS), cuts };
}

function changedOnce(text: string, other: string, rng: Rng): string {
  const at = below(rng, text.length + 1);
  const length = 1 + below(rng, rng.next() < 0.7 ? 4 : 60);
  const word = WORDS[below(rng, WORDS.length)] ?? "";
  switch (below(rng, 7)) {
    case 0:
      return text.slice(0, at) + word + text.slice(at);
    case 1:
      return text.slice(0, at) + word + text.slice(at + length);
    case 2:
      return text.slice(0, at) + text.slice(at + length);
    case 3:
      return text.slice(0, at) + text.slice(at, at + length).repeat(2) + text.slice(at + length);
    case 4:
      return text.slice(0, at) + String.fromCharCode(below(rng, 256)) + text.slice(at + 1);
    case 5:
      return lineMoved(text, rng);
    default:
      return text.slice(0, at) + other.slice(below(rng, other.length + 1));
  }
}

/** One line to another place. */
function lineMoved(text: string, rng: Rng): string {
  const lines = text.split("\r\n");
  const [line = ""] = lines.splice(below(rng, lines.length), 1);
  lines.splice(below(rng, lines.length + 1), 0, line);
  return lines.join("\r\n");
}

function below(rng: Rng, limit: number): number {
  return Math.floor(rng.next() * limit);
}
