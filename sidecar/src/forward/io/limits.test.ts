// Every limit of the table holds, over real sockets. `CASES` has to name each of them, or it does not compile.

import type { Socket } from "node:net";
import { seeded } from "@fairlead/shared";
import { RecordedLog } from "@fairlead/shared/testing";
import { afterEach, expect, test } from "vitest";
import { AccessLog } from "../access-log.js";
import { Edge, type EdgeOptions } from "../edge.js";
import { LIMIT_NAMES, LIMITS, type LimitName } from "../limits.js";
import { LoadShed, SHED_DEFAULTS } from "../load-shed.js";
import { Rig, type RigOptions, stateAt } from "../testing/rig.js";
import { RawClient, RawServer, until } from "../testing/wire.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const CHUNKED = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

async function rigOf(onData: (socket: Socket, heard: string) => void, edge: EdgeOptions = {}, options: Partial<RigOptions> = {}) {
  const raw = await RawServer.start(onData);
  const rig = await Rig.start({
    route: { timeoutMs: 0, retryAttempts: 0 },
    ...options,
    endpoints: [stateAt(raw.port)],
    edge: () => new Edge(edge),
  });
  cleanups.push(
    () => raw.close(),
    () => rig.engine.drain(0),
  );
  return rig;
}

const answersAll = (socket: Socket, heard: string) => void (heard.endsWith("\r\n\r\n") && socket.write(OK));

function clientOf(rig: Rig, bytes?: string): RawClient {
  const client = new RawClient(rig.port, bytes);
  cleanups.push(() => client.socket.destroy());
  return client;
}

/** What is said first is answered with this status, and the connection ends. */
async function isRefused(bytes: string, status: number, edge?: EdgeOptions): Promise<Rig> {
  const rig = await rigOf(answersAll, edge);
  const client = clientOf(rig, bytes);
  await until(() => client.closed);
  expect(client.statuses).toEqual([status]);
  return rig;
}

/** An endpoint that says this is answered for with 502. */
async function isBadAnswer(bytes: string): Promise<Rig> {
  const rig = await rigOf((socket) => void socket.write(bytes));
  const client = clientOf(rig, GET);
  await until(() => client.heard.includes("}"));
  expect(client.statuses).toEqual([502]);
  return rig;
}

async function untilAccepted(rig: Rig): Promise<void> {
  await until(() => (rig.edge.listeners.get("shop")?.accepted ?? 0) > 0);
}

/** A case gives what counted the hit: a rig's edge, or a number. */
const CASES: Record<LimitName, () => Promise<Rig | number>> = {
  connections: async () => {
    const rig = await rigOf(answersAll, { maxConnections: 1 });
    const first = clientOf(rig, GET);
    await until(() => first.heard.endsWith("ok"));
    const second = clientOf(rig, GET);
    await until(() => second.closed);
    expect([second.heard, rig.edge.listeners.get("shop")]).toMatchObject(["", { open: 1, accepted: 1, refused: 1 }]);
    return rig;
  },
  "connection-requests": async () => {
    const rig = await rigOf((socket, heard) => void (heard.length > 0 && socket.write(OK)));
    const client = clientOf(rig);
    // No endpoint: answered here, quickly, and counted as a request all the same.
    rig.table = new Map();
    client.say(GET.repeat(LIMITS["connection-requests"].value + 1));
    await until(() => client.closed);
    expect(client.statuses.length).toBe(LIMITS["connection-requests"].value);
    return rig;
  },
  "head-time": async () => {
    const rig = await rigOf(answersAll);
    const client = clientOf(rig, "GET / HTTP/1.1\r\n");
    await untilAccepted(rig);
    for (let step = 0; step < 9; step++) {
      client.say(`X-${step}: 1\r\n`);
      rig.clock.advance(1_000);
    }
    expect(client.closed).toBe(false);
    rig.clock.advance(1_100);
    await until(() => client.closed);
    expect(client.statuses).toEqual([408]);
    return rig;
  },
  "idle-time": async () => {
    const rig = await rigOf(answersAll);
    const client = clientOf(rig, GET);
    await until(() => client.heard.endsWith("ok") && rig.engine.inFlight === 0);
    rig.clock.advance(LIMITS["idle-time"].value + 100);
    await until(() => client.closed);
    expect(client.statuses).toEqual([200]);
    return rig;
  },
  "request-line-bytes": () => isRefused(`GET /${"x".repeat(9_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414),
  "head-bytes": () => isRefused(`GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(40_000)}\r\n\r\n`, 431),
  "head-fields": () => isRefused(`GET / HTTP/1.1\r\nHost: a\r\n${"X: 1\r\n".repeat(100)}\r\n`, 431),
  "body-bytes": async () => {
    await isRefused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", 413, { maxBodyBytes: 10 });
    return isRefused(`${CHUNKED}b\r\nhello world\r\n`, 413, { maxBodyBytes: 10 });
  },
  "body-silence": async () => {
    let got = 0;
    const rig = await rigOf((_, heard) => {
      got = heard.length;
    });
    const client = clientOf(rig, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\nx");
    await until(() => got > 0);
    client.say("y".repeat(2_000));
    await until(() => got > 2_000);
    rig.clock.advance(50);
    rig.clock.advance(LIMITS["body-silence"].value);
    await until(() => client.closed);
    expect(client.statuses).toEqual([408]);
    return rig;
  },
  "body-rate": async () => {
    let got = 0;
    const rig = await rigOf((_, heard) => {
      got = heard.length;
    });
    const client = clientOf(rig, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx");
    await until(() => got > 0);
    for (let step = 0; step < 32 && !client.closed; step++) {
      const before = got;
      client.say("y");
      await until(() => got > before || client.closed);
      rig.clock.advance(1_000);
    }
    await until(() => client.closed);
    expect(client.statuses).toEqual([408]);
    expect(client.heard).toContain("less than 1024");
    return rig;
  },
  "reader-silence": async () => {
    const rig = await rigOf(
      (socket) =>
        void socket.write(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${32 << 20}\r\n\r\n`), Buffer.alloc(32 << 20)])),
    );
    const client = clientOf(rig, GET);
    client.socket.once("data", () => client.socket.pause());
    await until(() => client.heard !== "");
    for (let still = 0, last = -1; still < 50; still++) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (client.socket.bytesRead !== last) still = 0;
      last = client.socket.bytesRead;
    }
    rig.clock.advance(50);
    rig.clock.advance(LIMITS["reader-silence"].value + 50);
    expect(rig.engine.inFlight).toBe(0);
    return rig;
  },
  "dropped-body": async () => {
    const rig = await rigOf(answersAll);
    rig.table = new Map();
    const client = clientOf(rig, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${(64 << 10) + 1}\r\n\r\n`);
    await until(() => client.closed);
    expect(client.heard).toContain("Connection: close");
    return rig;
  },
  "linger-time": async () => {
    const rig = await rigOf(answersAll);
    const client = new RawClient(rig.port);
    cleanups.push(() => client.socket.destroy());
    // It does not say FIN when it is told so.
    client.socket.allowHalfOpen = true;
    client.say("NONSENSE\r\n\r\n");
    await until(() => client.heard.includes("}"));
    rig.clock.advance(LIMITS["linger-time"].value + 100);
    await until(() => rig.edge.listeners.get("shop")?.open === 0);
    return rig;
  },
  "tunnel-silence": async () => {
    const rig = await rigOf((socket) => void socket.write("HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"));
    const client = clientOf(rig, "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    await until(() => client.heard.includes("101"));
    rig.clock.advance(50);
    rig.clock.advance(LIMITS["tunnel-silence"].value + 50);
    await until(() => client.closed);
    expect(rig.edge.ends.get("tunnel-silent")).toBe(1);
    return rig;
  },
  "chunk-size-digits": () => isRefused(`${CHUNKED}${"0".repeat(13)}1\r\n`, 400),
  "chunk-extension-bytes": () => isRefused(`${CHUNKED}1;${"x".repeat(300)}\r\na\r\n`, 400),
  "chunk-extensions-bytes": () => isRefused(`${CHUNKED}${`1;${"x".repeat(250)}\r\na\r\n`.repeat(40)}`, 400),
  "trailer-bytes": () => isRefused(`${CHUNKED}0\r\nX: ${"x".repeat(5_000)}\r\n\r\n`, 400),
  "answer-head-bytes": () => isBadAnswer(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(40_000)}\r\n\r\n`),
  "interim-answers": () => isBadAnswer(`${"HTTP/1.1 103 x\r\n\r\n".repeat(33)}${OK}`),
  "upstream-idle-time": async () => {
    const rig = await rigOf(answersAll);
    const client = clientOf(rig, GET);
    await until(() => client.heard.endsWith("ok") && rig.engine.inFlight === 0);
    expect(rig.path.counters.get("shop")).toMatchObject({ connectionsOpen: 1, connectionsIdle: 1 });
    rig.clock.advance(LIMITS["upstream-idle-time"].value + 100);
    expect(rig.path.counters.get("shop")).toMatchObject({ connectionsOpen: 0, connectionsIdle: 0, connectionsOpened: 1 });
    return rig;
  },
  "upstream-idle": async () => {
    const waiting: Socket[] = [];
    const rig = await rigOf((socket) => void waiting.push(socket));
    const clients = Array.from({ length: LIMITS["upstream-idle"].value + 1 }, () => clientOf(rig, GET));
    await until(() => waiting.length === clients.length);
    for (const socket of waiting) socket.write(OK);
    await until(() => clients.every((client) => client.heard.endsWith("ok")) && rig.engine.inFlight === 0);
    expect(rig.path.counters.get("shop")).toMatchObject({ connectionsIdle: LIMITS["upstream-idle"].value });
    return rig;
  },
  "queued-requests": async () => {
    const rig = await rigOf(() => {}, {}, { config: { maxRequests: 1 } });
    clientOf(rig, GET);
    await until(() => rig.engine.inFlight === 1);
    clientOf(rig, GET);
    await until(() => rig.path.counters.get("shop")?.queued === 1);
    const third = clientOf(rig, GET);
    await until(() => third.heard.includes("}"));
    expect(third.statuses).toEqual([503]);
    return rig;
  },
  "queue-time": async () => {
    const rig = await rigOf(() => {}, {}, { config: { maxRequests: 1 } });
    clientOf(rig, GET);
    await until(() => rig.engine.inFlight === 1);
    const second = clientOf(rig, GET);
    await until(() => rig.path.counters.get("shop")?.queued === 1);
    rig.clock.advance(900);
    expect(second.heard).toBe("");
    rig.clock.advance(200);
    await until(() => second.heard.includes("}"));
    expect(second.statuses).toEqual([503]);
    return rig;
  },
  "in-flight": async () => {
    const edge = new Edge();
    const rig = await rigOf(
      () => {},
      {},
      {
        shed: (clock) =>
          new LoadShed({ ...SHED_DEFAULTS, maxInFlight: 1 }, { probe: undefined, limits: edge.limits, clock, log: new RecordedLog() }),
      },
    );
    clientOf(rig, GET);
    await until(() => rig.engine.inFlight === 1);
    const second = clientOf(rig, GET);
    await until(() => second.heard.includes("}"));
    expect(second.statuses).toEqual([503]);
    return edge.limits.of("in-flight");
  },
  "loop-delay": () => shedsFor("loop-delay", { loopDelayMs: () => 2_000, heapShare: () => 0 }),
  "heap-share": () => shedsFor("heap-share", { loopDelayMs: () => 0, heapShare: () => 0.99 }),
  "access-log-bytes": async () => {
    const rig = await rigOf(answersAll);
    const output = { write: () => {} };
    const log = new AccessLog({ mode: "all", rate: 0, query: false }, { output, clock: rig.clock, rng: seeded(1) });
    const entry = {
      service: "",
      method: "",
      path: "x".repeat(1_000),
      status: 200,
      reason: "answered",
      endpoint: "",
      tries: 1,
      tookMs: 1,
    } as const;
    for (let count = 0; count < 2_000; count++) log.add({ ...entry, bytesIn: 0, bytesOut: 0, requestId: "", peer: "" });
    return log.dropped;
  },
};

async function shedsFor(
  cause: "loop-delay" | "heap-share",
  probe: { loopDelayMs: () => number; heapShare: () => number },
): Promise<number> {
  const edge = new Edge();
  const rig = await rigOf(
    answersAll,
    {},
    {
      shed: (clock) => new LoadShed(SHED_DEFAULTS, { probe, limits: edge.limits, clock, log: new RecordedLog() }),
    },
  );
  rig.shed?.start();
  cleanups.push(() => rig.shed?.close());
  rig.clock.advance(1_000);
  const client = clientOf(rig, GET);
  await until(() => client.heard.includes("}"));
  expect(client.heard).toContain("X-Fairlead-Reason: shed");
  return edge.limits.of(cause);
}

test.each(LIMIT_NAMES)("%s holds, and hitting it is counted", async (name) => {
  const found = await CASES[name]();
  expect(typeof found === "number" ? found : found.edge.limits.of(name)).toBeGreaterThan(0);
});
