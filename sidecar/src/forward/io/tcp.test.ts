// A service of protocol tcp: connections are relayed, over real sockets.

import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { seeded } from "@fairlead/shared";
import { afterEach, describe, expect, test } from "vitest";
import type { EndpointState } from "../../endpoint/index.js";
import { AccessLog, type AccessLogSettings } from "../access-log.js";
import { Edge } from "../edge.js";
import { LIMITS } from "../limits.js";
import { STREAM_ENDS, type StreamEnd } from "../tcp/stream-counters.js";
import { clusterOf, Rig, type RigOptions, stateAt } from "../testing/rig.js";
import { deadPort, RawClient, until } from "../testing/wire.js";
import { NetEngine } from "./net-engine.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Server = EndpointState & { readonly sockets: Socket[] };

/** Endpoints sort by `ip:port`, so `ip` decides which one is tried first. */
async function tcpServer(onSocket: (socket: Socket) => void, ip = "127.0.0.1"): Promise<Server> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, ip, resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return Object.assign(stateAt((server.address() as AddressInfo).port, ip), { sockets });
}

const echoes = (socket: Socket): void => void socket.on("data", (bytes) => socket.write(bytes)).on("end", () => socket.end("bye"));

async function rigOf(endpoints: readonly EndpointState[], options: Partial<RigOptions> = {}) {
  const rig = await Rig.start({ endpoints, ...options, config: { protocol: "tcp", ...options.config } });
  const { engine } = rig;
  if (!(engine instanceof NetEngine)) throw new Error("the rig runs another engine");
  cleanups.push(() => engine.drain(0));
  const counters = rig.path.streams.counters.get("shop");
  const requests = rig.path.counters.get("shop");
  if (counters === undefined || requests === undefined) throw new Error("no counters");
  const ended = (how: StreamEnd) => counters.ended[STREAM_ENDS.indexOf(how)];
  return { rig, engine, counters, requests, ended };
}

function clientOf(port: number, bytes?: string): RawClient {
  const client = new RawClient(port, bytes);
  cleanups.push(() => client.socket.destroy());
  return client;
}

test("bytes go both ways as they come, and an end of one side is an end for the other and no more", async () => {
  const server = await tcpServer(echoes);
  const { rig, counters, ended, requests } = await rigOf([server]);
  const client = connect({ port: rig.port, host: "127.0.0.1", allowHalfOpen: true });
  cleanups.push(() => client.destroy());
  let heard = "";
  let isOver = false;
  client.setEncoding("latin1").on("data", (text: string) => (heard += text));
  client.on("end", () => (isOver = true));
  client.write("\x00\xff GET / HTTP/1.1\r\n\r\n", "latin1");
  await until(() => heard === "\x00\xff GET / HTTP/1.1\r\n\r\n");
  expect([counters.open, requests.connectionsOpen, server.inFlight]).toEqual([1, 1, 1]);
  rig.clock.advance(600_000);
  client.end();
  await until(() => isOver && counters.open === 0);
  expect(heard.endsWith("bye")).toBe(true);
  expect([ended("whole"), counters.bytesUp, counters.bytesDown, requests.connectionsOpen]).toEqual([1, 21, 24, 0]);
  // That it lasted says nothing of how quick the endpoint is.
  expect([server.successes, server.tookMs < 1_000]).toEqual([1, true]);
});

test("who is refused by one endpoint gets another, and what it said meanwhile with it", async () => {
  const dead = stateAt(await deadPort());
  const server = await tcpServer(echoes, "127.0.0.2");
  const { rig, counters, requests } = await rigOf([dead, server]);
  const client = clientOf(rig.port, "hello");
  await until(() => client.heard === "hello");
  expect([counters.retries, requests.connectFailures, dead.connectFailuresTotal, server.inFlight]).toEqual([1, 1, 1, 1]);
});

test("where no endpoint takes it the connection is closed, and counted with its reason", async () => {
  const { rig, ended, counters, requests } = await rigOf([stateAt(await deadPort())]);
  const client = clientOf(rig.port, "hello");
  await until(() => client.closed);
  expect([client.heard, ended("unreachable"), counters.open, requests.limits.inFlight]).toEqual(["", 1, 0, 0]);
});

test("where there is no endpoint the connection is closed at once, and counted with its reason", async () => {
  const { rig, ended, requests } = await rigOf([]);
  const client = clientOf(rig.port);
  await until(() => client.closed);
  expect([client.heard, ended("refused"), requests.dropped]).toEqual(["", 1, 1]);
});

test("connections beyond the service's limit are closed at once", async () => {
  const server = await tcpServer(echoes);
  const { rig, ended } = await rigOf([server], { config: { maxRequests: 1 } });
  const first = clientOf(rig.port, "a");
  await until(() => first.heard === "a");
  const second = clientOf(rig.port, "b");
  await until(() => second.closed);
  first.say("c");
  await until(() => first.heard === "ac");
  expect([second.heard, ended("refused")]).toEqual(["", 1]);
});

test("a reader that is slow holds back who writes to it, and misses nothing", async () => {
  const size = 64 << 20;
  // No period of a power of two: bytes written over, lost or moved show.
  const sent = Buffer.alloc(
    size,
    Uint8Array.from({ length: 250_007 }, (_, index) => index % 251),
  );
  const server = await tcpServer((socket) => socket.end(sent));
  const { rig, counters } = await rigOf([server]);
  const client = connect({ port: rig.port, host: "127.0.0.1" });
  cleanups.push(() => client.destroy());
  client.pause();
  await until(() => counters.bytesDown > 0);
  for (let still = 0, last = -1; still < 50; still++) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (counters.bytesDown !== last) still = 0;
    last = counters.bytesDown;
  }
  // What the kernel's buffers take, of which there are two pairs.
  expect(counters.bytesDown).toBeLessThan(size / 2);
  let heard = 0;
  let isRight = true;
  let isOver = false;
  client.on("data", (bytes: Buffer) => {
    isRight &&= bytes.compare(sent, heard, heard + bytes.length) === 0;
    heard += bytes.length;
  });
  client.on("end", () => (isOver = true));
  client.resume();
  await until(() => isOver);
  expect([heard, isRight, counters.bytesDown]).toEqual([size, true, size]);
});

test("an end that breaks off breaks off the other", async () => {
  const server = await tcpServer(echoes);
  const { rig, ended } = await rigOf([server]);
  const client = clientOf(rig.port, "a");
  await until(() => client.heard === "a");
  server.sockets[0]?.resetAndDestroy();
  await until(() => client.closed && ended("reset") === 1);
  expect(client.failed).toBe(true);
});

test("silence of both sides ends it, at last", async () => {
  const server = await tcpServer(echoes);
  const { rig, ended } = await rigOf([server]);
  const client = clientOf(rig.port, "a");
  await until(() => client.heard === "a");
  rig.clock.advance(50);
  rig.clock.advance(LIMITS["tunnel-silence"].value - 100);
  expect(ended("idle")).toBe(0);
  rig.clock.advance(200);
  await until(() => client.closed);
  expect([ended("idle"), rig.edge.limits.of("tunnel-silence")]).toEqual([1, 1]);
});

test("a connection leaves an endpoint that left by the deadline, in order; the next one goes elsewhere", async () => {
  const one = await tcpServer(echoes);
  const two = await tcpServer(echoes);
  const { rig, engine, ended } = await rigOf([one]);
  const client = clientOf(rig.port, "a");
  await until(() => client.heard === "a");
  rig.table = new Map([["shop", clusterOf("shop", [two], { config: { protocol: "tcp" } })]]);
  engine.onTable(rig.table);
  client.say("b");
  await until(() => client.heard === "ab");
  rig.clock.advance(60_050);
  await until(() => client.closed);
  expect([client.failed, ended("sent-away"), engine.moved.get("shop")]).toEqual([false, 1, 1]);
  const next = clientOf(rig.port, "c");
  await until(() => next.heard === "c");
  expect(two.inFlight).toBe(1);
});

test("while the process ends connections have the time to drain, and are cut at its end", async () => {
  const server = await tcpServer((socket) => socket.on("data", (bytes) => socket.write(bytes)));
  const { rig, engine, ended } = await rigOf([server]);
  const client = clientOf(rig.port, "a");
  await until(() => client.heard === "a");
  const drained = engine.drain(10_000);
  client.say("b");
  await until(() => client.heard === "ab");
  rig.clock.advance(10_000);
  await drained;
  await until(() => client.closed);
  expect(ended("sent-away")).toBe(1);
});

test("HTTP is never spoken to it: neither where its own port turns out to be of a tcp service, nor by the Host-routed port", async () => {
  const server = await tcpServer(echoes);
  const { rig, engine } = await rigOf([server]);
  const known = rig.table;
  rig.table = new Map();
  const early = clientOf(rig.port);
  await until(() => rig.edge.listeners.get("shop")?.open === 1);
  rig.table = known;
  engine.onTable(known);
  await until(() => early.closed);
  expect(early.heard).toBe("");
  const byHost = await rigOf([server], { by: { kind: "host" } });
  const client = clientOf(byHost.rig.port, "GET / HTTP/1.1\r\nHost: shop\r\n\r\n");
  await until(() => client.heard.includes("}"));
  expect([client.statuses, client.heard.includes("not-http"), server.sockets.length]).toEqual([[501], true, 0]);
});

test("callers stay at one endpoint where the service hashes on where they come from", async () => {
  const servers = [await tcpServer(echoes), await tcpServer(echoes), await tcpServer(echoes)];
  const { rig } = await rigOf(servers, { policy: "maglev", route: { hashOn: [{ kind: "source-ip", terminal: false }] } });
  const clients = Array.from({ length: 12 }, () => clientOf(rig.port, "a"));
  await until(() => clients.every(({ heard }) => heard === "a"));
  expect(servers.map(({ inFlight }) => inFlight).sort((one, other) => one - other)).toEqual([0, 0, 12]);
});

describe("the access log says of a connection", () => {
  /** A service whose connections have lines. */
  async function logged(
    endpoints: readonly EndpointState[],
    options: Partial<RigOptions> & { readonly mode?: AccessLogSettings["mode"] } = {},
  ) {
    const { mode = "all", ...others } = options;
    let written = "";
    const output = {
      write: (lines: string, done: () => void) => {
        written += lines;
        done();
      },
    };
    const edge = (clock: Rig["clock"]) =>
      new Edge({ accessLog: new AccessLog({ mode, rate: 0, query: false }, { output, clock, rng: seeded(1) }) });
    const { rig, engine } = await rigOf(endpoints, { edge, ...others });
    const lines = () => {
      rig.clock.advance(100);
      return written.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>]));
    };
    return { rig, engine, lines };
  }

  test("that both sides closed it, with what went through, where and for how long", async () => {
    const server = await tcpServer(echoes);
    const { rig, lines } = await logged([server]);
    const client = connect({ port: rig.port, host: "127.0.0.1", allowHalfOpen: true });
    cleanups.push(() => client.destroy());
    let isOver = false;
    client.resume().on("end", () => (isOver = true));
    client.write("hello");
    await until(() => server.sockets[0]?.bytesRead === 5);
    rig.clock.advance(1_500);
    client.end();
    await until(() => isOver && rig.edge.ends.get("stream-closed") === 1);
    expect(lines()).toEqual([
      {
        time: expect.any(String),
        event: "connection",
        service: "shop",
        reason: "stream-closed",
        endpoint: server.endpoint.id,
        tries: 1,
        bytesIn: 5,
        bytesOut: 8,
        tookMs: 1_500,
        peer: "127.0.0.1",
      },
    ]);
  });

  test("which of its sides broke it off", async () => {
    const server = await tcpServer(echoes);
    const { rig, lines } = await logged([server], { mode: "errors" });
    const first = clientOf(rig.port, "a");
    await until(() => first.heard === "a");
    server.sockets[0]?.resetAndDestroy();
    await until(() => first.closed);
    const second = clientOf(rig.port, "b");
    await until(() => second.heard === "b");
    second.socket.resetAndDestroy();
    await until(() => rig.edge.ends.get("stream-caller-reset") === 1);
    expect(lines()).toMatchObject([
      { reason: "stream-reset", bytesIn: 1, bytesOut: 1 },
      { reason: "stream-caller-reset", bytesIn: 1 },
    ]);
  });

  test("why it got no endpoint", async () => {
    const dead = await logged([stateAt(await deadPort())], { mode: "errors" });
    const refused = clientOf(dead.rig.port, "hello");
    await until(() => refused.closed);
    expect(dead.lines()).toMatchObject([{ reason: "upstream-unreachable", tries: 1, bytesIn: 0, endpoint: expect.any(String) }]);
    const none = await logged([]);
    const lost = clientOf(none.rig.port);
    await until(() => lost.closed);
    expect(none.lines()).toMatchObject([{ reason: "no-endpoints", tries: 0 }]);
    expect(none.lines()[0]).not.toHaveProperty("endpoint");
  });

  test("that it was silent, was moved, or was cut at the end of the drain", async () => {
    const server = await tcpServer((socket) => void socket.on("data", (bytes) => socket.write(bytes)));
    const { rig, engine, lines } = await logged([server]);
    const silent = clientOf(rig.port, "a");
    await until(() => silent.heard === "a");
    rig.clock.advance(50);
    rig.clock.advance(LIMITS["tunnel-silence"].value + 100);
    await until(() => silent.closed);
    const moved = clientOf(rig.port, "b");
    await until(() => moved.heard === "b");
    rig.table = new Map([["shop", clusterOf("shop", [], { config: { protocol: "tcp" } })]]);
    engine.onTable(rig.table);
    rig.clock.advance(60_050);
    await until(() => rig.edge.ends.get("stream-moved") === 1);
    rig.table = new Map([["shop", clusterOf("shop", [server], { config: { protocol: "tcp" } })]]);
    engine.onTable(rig.table);
    const cut = clientOf(rig.port, "c");
    await until(() => cut.heard === "c");
    await engine.drain(0);
    expect(lines().map(({ reason }) => reason)).toEqual(["stream-silent", "stream-moved", "drain-cut"]);
  });

  test("nothing of a good one where only errors are wanted, and counts it all the same", async () => {
    const server = await tcpServer(echoes);
    const { rig, lines } = await logged([server], { mode: "errors" });
    const client = connect({ port: rig.port, host: "127.0.0.1" });
    client.resume().end("hello");
    await until(() => rig.edge.ends.get("stream-closed") === 1);
    expect(lines()).toEqual([]);
  });
});
