// Paced requests, messages and bulk, and the origins that answer them: node proxy-load-main.js. Controlled over the message
// channel. While it paces it never sleeps: a timer's millisecond would be longer than the gaps, and the origins are in the same loop.

import type { LoadOrder, LoadReport } from "./proxy/load-protocol.js";
import { echo as echoOrigin, listenAs, pour } from "./proxy/origins.js";
import { BulkClient, type Client, type ClientEvents, EchoClient, RequestClient } from "./proxy/paced-client.js";
import { reply } from "./proxy/replies.js";

const DRAIN_MS = 5_000;
const MIB = 1_024 * 1_024;

const replies = [await listenAs(reply), await listenAs(reply)];
const echoes = [await listenAs(echoOrigin), await listenAs(echoOrigin)];
const sources = [await listenAs(pour), await listenAs(pour)];
report({ kind: "listening", origins: { replies, echo: echoes, source: sources } });
process.on("message", (order: LoadOrder) => void obey(order));
process.on("disconnect", () => process.exit(0));

async function obey(order: LoadOrder): Promise<void> {
  const slice = new Slice();
  try {
    if (order.kind === "pace") await pace(order, slice);
    else if (order.kind === "echo") await echo(order, slice);
    else await bulk(order, slice);
  } catch (error) {
    // Before it began: whoever waits for that hears why it did not.
    slice.onFault(String(error));
    report({ kind: "began" });
  }
  report(slice.report());
}

class Slice implements ClientEvents {
  readonly idle: Client[] = [];
  readonly latenciesMs: number[] = [];
  fault: string | undefined;
  seconds = 0;
  mebibytes = 0;
  onIdle: (client: Client) => void = (client) => this.idle.push(client);

  onAnswer(client: Client): void {
    this.latenciesMs.push(performance.now() - client.dueMs);
    client.dueMs = 0;
    this.onIdle(client);
  }

  onFault(fault: string): void {
    this.fault ??= fault;
  }

  report(): LoadReport {
    const sorted = Float64Array.from(this.latenciesMs).sort();
    const at = (share: number) => Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 1_000);
    const answered = this.mebibytes === 0 ? sorted.length : this.mebibytes;
    return { kind: "ended", answered, seconds: this.seconds, p50Us: at(0.5), p99Us: at(0.99), fault: this.fault };
  }
}

async function pace({ port, connections, perSecond, seconds }: Extract<LoadOrder, { kind: "pace" }>, slice: Slice): Promise<void> {
  const clients = await Promise.all(Array.from({ length: connections }, () => RequestClient.open(port, slice)));
  slice.idle.push(...clients);
  report({ kind: "began" });
  const startMs = performance.now();
  const endMs = startMs + seconds * 1_000;
  let dueMs = startMs;
  let sent = 0;
  await spin(() => {
    const nowMs = performance.now();
    while (dueMs <= nowMs && dueMs < endMs) {
      // With every connection busy the request waits here, and its time runs.
      const client = slice.idle.shift();
      if (client === undefined) break;
      client.dueMs = dueMs;
      client.send();
      sent++;
      dueMs += (-Math.log(1 - Math.random()) * 1_000) / perSecond;
    }
    if (slice.fault !== undefined || (dueMs >= endMs && slice.latenciesMs.length === sent)) return true;
    if (nowMs > endMs + DRAIN_MS) slice.onFault(`${sent - slice.latenciesMs.length} of ${sent} were never answered`);
    return false;
  });
  slice.seconds = (performance.now() - startMs) / 1_000;
  for (const client of clients) client.end();
}

async function echo({ over, port, connections, seconds }: Extract<LoadOrder, { kind: "echo" }>, slice: Slice): Promise<void> {
  const clients = await Promise.all(Array.from({ length: connections }, () => EchoClient.open(port, slice, over)));
  report({ kind: "began" });
  const startMs = performance.now();
  const endMs = startMs + seconds * 1_000;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, seconds * 1_000);
    const send = (client: Client) => {
      client.dueMs = performance.now();
      if (slice.fault !== undefined) {
        clearTimeout(timer);
        resolve();
      } else if (client.dueMs < endMs) client.send();
    };
    slice.onIdle = send;
    for (const client of clients) send(client);
  });
  slice.seconds = (performance.now() - startMs) / 1_000;
  for (const client of clients) client.end();
}

async function bulk({ from, port, connections, seconds }: Extract<LoadOrder, { kind: "bulk" }>, slice: Slice): Promise<void> {
  const clients = await Promise.all(Array.from({ length: connections }, () => BulkClient.open(port, slice)));
  report({ kind: "began" });
  const startMs = performance.now();
  for (const client of clients) client.begin(from);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  slice.seconds = (performance.now() - startMs) / 1_000;
  slice.mebibytes = clients.reduce((sum, { received }) => sum + received, 0) / MIB;
  if (clients.some(({ received }) => received === 0)) slice.onFault("a connection brought nothing");
  for (const client of clients) client.end();
}

/** Calls `turn` once in every turn of the loop until it says that it is over. */
function spin(turn: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const next = () => {
      if (turn()) resolve();
      else setImmediate(next);
    };
    next();
  });
}

function report(what: LoadReport): void {
  process.send?.(what);
}
