// What an answer, the access log and the counters say of requests, over real sockets.

import type { Socket } from "node:net";
import { seeded } from "@fairlead/shared";
import { RecordedLog } from "@fairlead/shared/testing";
import { afterEach, describe, expect, test } from "vitest";
import type { EndpointState } from "../../endpoint/index.js";
import { AccessLog } from "../access-log.js";
import { Edge, type EdgeOptions } from "../edge.js";
import { LoadShed, SHED_DEFAULTS } from "../load-shed.js";
import { Rig, type RigOptions, stateAt } from "../testing/rig.js";
import { deadPort, RawClient, RawServer, until } from "../testing/wire.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

async function endpointThat(onData: (socket: Socket, heard: string) => void): Promise<EndpointState & { raw: RawServer }> {
  const raw = await RawServer.start(onData);
  cleanups.push(() => raw.close());
  return Object.assign(stateAt(raw.port), { raw });
}

/** A rig with an access log of everything; `lines` are what it has written so far. */
async function logged(endpoints: readonly EndpointState[], options: EdgeOptions = {}, rigOptions: Partial<RigOptions> = {}) {
  let written = "";
  const output = {
    write: (lines: string, done: () => void) => {
      written += lines;
      done();
    },
  };
  const rig = await Rig.start({
    ...rigOptions,
    endpoints,
    edge: (clock) =>
      new Edge({ accessLog: new AccessLog({ mode: "all", rate: 0, query: false }, { output, clock, rng: seeded(1) }), ...options }),
  });
  cleanups.push(() => rig.engine.drain(0));
  const lines = () => {
    rig.clock.advance(100);
    return written
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  /** One request and the line about it. */
  const lineOf = async (bytes: string) => {
    const before = lines().length;
    const client = new RawClient(rig.port, bytes);
    cleanups.push(() => client.socket.destroy());
    await until(() => lines().length > before);
    return lines().at(-1);
  };
  return { rig, lines, lineOf };
}

describe("the access log says", () => {
  test("how a good request went", async () => {
    const state = await endpointThat((socket, heard) => void (heard.endsWith("hello") && socket.write(OK)));
    const { lineOf, rig } = await logged([state]);
    const line = await lineOf("POST /a/b?secret=1 HTTP/1.1\r\nHost: a\r\nX-Request-Id: mine\r\nContent-Length: 5\r\n\r\nhello");
    expect(line).toMatchObject({
      event: "request",
      service: "shop",
      method: "POST",
      path: "/a/b",
      status: 200,
      reason: "answered",
      endpoint: state.endpoint.id,
      tries: 1,
      bytesIn: 5,
      bytesOut: 2,
      requestId: "mine",
      peer: "127.0.0.1",
    });
    expect(rig.path.counters.get("shop")).toMatchObject({ bytesIn: 5, bytesOut: 2, connectionsOpen: 1, connectionsOpened: 1 });
    expect(rig.edge.ends.get("answered")).toBe(1);
  });

  test("the request id that the endpoint got where the caller sent none", async () => {
    let seen = "";
    const state = await endpointThat((socket, heard) => {
      seen = heard;
      socket.write(OK);
    });
    const { lineOf } = await logged([state]);
    const line = await lineOf("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(line?.["requestId"]).toMatch(/^[0-9a-f]{32}$/);
    expect(seen).toContain(`X-Request-Id: ${String(line?.["requestId"])}\r\n`);
  });

  test("what was refused before it was understood, and what no endpoint could be reached for", async () => {
    const { lineOf } = await logged([stateAt(await deadPort())]);
    expect(await lineOf("NONSENSE\r\n\r\n")).toMatchObject({ reason: "bad-request", status: 400, method: "", tries: 0 });
    expect(await lineOf("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).toMatchObject({ reason: "upstream-unreachable", status: 502, tries: 1 });
  });

  test("that the caller left, that the endpoint broke off, that the deadline passed", async () => {
    const fates: ((socket: Socket) => void)[] = [];
    const state = await endpointThat((socket) => fates.shift()?.(socket));
    const { lines, lineOf, rig } = await logged([state], {}, { route: { timeoutMs: 2_000, retryAttempts: 0 } });
    const begun = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
    fates.push((socket) => void socket.write(begun, () => socket.resetAndDestroy()));
    expect(await lineOf("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).toMatchObject({ reason: "answer-reset", status: 200, bytesOut: 4 });
    fates.push((socket) => void socket.write(begun));
    const left = new RawClient(rig.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await until(() => left.heard.endsWith("half"));
    left.socket.destroy();
    await until(() => lines().length === 2);
    expect(lines().at(-1)).toMatchObject({ reason: "caller-gone", status: 200 });
    fates.push((socket) => void socket.write(begun));
    const late = new RawClient(rig.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await until(() => late.heard.endsWith("half"));
    rig.clock.advance(2_100);
    await until(() => late.closed && lines().length === 3);
    expect(lines().at(-1)).toMatchObject({ reason: "answer-timeout", bytesOut: 4 });
  });

  test("that a WebSocket was closed, and what went through it", async () => {
    const state = await endpointThat((socket, heard) => {
      if (heard.endsWith("\r\n\r\n")) socket.write("HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      else if (heard.endsWith("ping")) socket.end("pong!");
    });
    const { lines, rig } = await logged([state]);
    const client = new RawClient(rig.port, "GET /w HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    await until(() => client.heard.includes("101"));
    expect(rig.edge.listeners.get("shop")).toMatchObject({ tunnels: 1 });
    client.say("ping");
    await until(() => client.closed);
    await until(() => lines().length === 1);
    expect(lines()).toMatchObject([{ reason: "tunnel-closed", status: 101, bytesIn: 4, bytesOut: 5, path: "/w" }]);
    expect(rig.edge.listeners.get("shop")).toMatchObject({ tunnels: 0 });
  });
});

describe("the answer header", () => {
  const FORGED =
    "HTTP/1.1 200 OK\r\nX-Fairlead-Endpoint: 6.6.6.6:6\r\nx-fairlead-version: forged\r\nX-Other: kept\r\nContent-Length: 2\r\n\r\nok";

  test("names endpoint and version, and what an upstream says in its place is removed", async () => {
    const state = await endpointThat((socket) => void socket.write(FORGED));
    const rig = await Rig.start({ endpoints: [state], edge: () => new Edge({ marksAnswers: true }) });
    cleanups.push(() => rig.engine.drain(0));
    const client = new RawClient(rig.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await until(() => client.heard.endsWith("ok"));
    expect(client.heard).toContain(`X-Fairlead-Endpoint: ${state.endpoint.id}\r\nX-Fairlead-Version: 1\r\n`);
    expect(client.heard).toContain("X-Other: kept\r\n");
    expect(client.heard).not.toMatch(/6\.6\.6\.6|forged/);
    client.socket.destroy();
  });

  test("is not there by default, and what another sidecar further on says passes", async () => {
    const state = await endpointThat((socket) => void socket.write(FORGED));
    const rig = await Rig.start({ endpoints: [state] });
    cleanups.push(() => rig.engine.drain(0));
    const client = new RawClient(rig.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await until(() => client.heard.endsWith("ok"));
    expect(client.heard).toContain("X-Fairlead-Endpoint: 6.6.6.6:6\r\n");
    client.socket.destroy();
  });
});

describe("answers of our own", () => {
  test("to HEAD have the length of a body and none", async () => {
    const rig = await Rig.start({ endpoints: [] });
    cleanups.push(() => rig.engine.drain(0));
    const client = new RawClient(rig.port, "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    await until(() => client.closed);
    expect(client.statuses).toEqual([503]);
    expect(client.heard).toMatch(/X-Fairlead-Reason: no-endpoints\r\n/);
    expect(client.heard).toMatch(/Retry-After: 1\r\n/);
    expect(client.heard.endsWith("\r\n\r\n")).toBe(true);
  });

  test("to CONNECT say what would be allowed", async () => {
    const rig = await Rig.start({ endpoints: [] });
    cleanups.push(() => rig.engine.drain(0));
    const client = new RawClient(rig.port, "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n");
    await until(() => client.closed);
    expect(client.statuses).toEqual([405]);
    expect(client.heard).toContain("Allow: GET");
  });
});

test("a request that is shed is answered before its body is there, and the endpoint hears nothing of it", async () => {
  const state = await endpointThat((socket) => void socket.write(OK));
  const log = new RecordedLog();
  const settings = { ...SHED_DEFAULTS, maxInFlight: 0 };
  const rig = await Rig.start({
    endpoints: [state],
    shed: (clock) => new LoadShed(settings, { probe: undefined, limits: new Edge().limits, clock, log }),
  });
  cleanups.push(() => rig.engine.drain(0));
  const client = new RawClient(rig.port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  await until(() => client.closed);
  expect(client.heard).toMatch(/^HTTP\/1\.1 503 /);
  expect(client.heard).toContain("X-Fairlead-Reason: shed\r\n");
  expect(client.heard).toContain("Retry-After: 1\r\n");
  expect(state.raw.sockets).toHaveLength(0);
  rig.shed?.setMode("off");
  const second = new RawClient(rig.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await until(() => second.heard.endsWith("ok"));
  second.socket.destroy();
  expect(log.count("load-shed-began")).toBe(1);
});
