import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { Authority } from "@fairlead/shared/testing";
import { afterEach, describe, expect, test } from "vitest";
import type { ActiveCheck, ProbeAnswer } from "../checks/probe.js";
import { nameOf } from "../testing/scripted-probe.js";
import { networkProbe } from "./network-probe.js";

const TIMING = { intervalMs: 5_000, fastIntervalMs: 1_000, timeoutMs: 2_000, rise: 2, fall: 3 };
const TCP: ActiveCheck = { ...TIMING, type: "tcp" };
const HTTP: ActiveCheck = { ...TIMING, type: "http", path: "/healthz?deep=1", status: { from: 200, to: 299 } };
const NOBODY_WAITS_SO_LONG_MS = 60;

const opened: { server: Server; sockets: Set<Socket> }[] = [];

afterEach(() => {
  for (const { server, sockets } of opened.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  opened.push({ server, sockets });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
}

function send(port: number, check: ActiveCheck, ip = "127.0.0.1"): Promise<ProbeAnswer> {
  return networkProbe.send({ service: nameOf("shop"), ip, port, check });
}

async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answered(listener: RequestListener, check: ActiveCheck = HTTP): Promise<ProbeAnswer> {
  return send(await listen(createHttpServer(listener)), check);
}

describe("a TCP probe", () => {
  test("passes when a connection is accepted, and closes it", async () => {
    const server = createServer();
    const closed = new Promise((resolve) => server.on("connection", (socket) => socket.on("close", resolve).resume()));
    expect(await send(await listen(server), TCP)).toEqual({ outcome: "passed", detail: "accepted a connection" });
    await closed;
  });

  test("tells a refusal from other failures", async () => {
    const port = await closedPort();
    expect(await send(port, TCP)).toEqual({ outcome: "refused", detail: "connection refused" });
    expect(await send(port, HTTP)).toEqual({ outcome: "refused", detail: "connection refused" });
  });
});

describe("an HTTP probe", () => {
  test("asks by path and Host on a connection of its own, and passes in the range", async () => {
    const seen: unknown[] = [];
    const listener: RequestListener = (request, response) => {
      seen.push([request.method, request.url, request.headers.host, request.headers.connection]);
      response.writeHead(204).end();
    };
    expect(await answered(listener)).toEqual({ outcome: "passed", detail: "status 204" });
    expect(await answered(listener, { ...HTTP, host: "shop.internal" })).toMatchObject({ outcome: "passed" });
    expect(seen).toEqual([
      ["GET", "/healthz?deep=1", "shop", "close"],
      ["GET", "/healthz?deep=1", "shop.internal", "close"],
    ]);
  });

  test("fails outside the range and says what it expected", async () => {
    expect(await answered((_request, response) => response.writeHead(503).end("busy"))).toEqual({
      outcome: "failed",
      detail: "status 503, expected 200-299",
    });
    const exactly = { ...HTTP, status: { from: 204, to: 204 } };
    expect((await answered((_request, response) => response.end("ok"), exactly)).detail).toBe("status 200, expected 204");
  });

  test("times out when nothing is answered, or when the body never ends", async () => {
    const check = { ...HTTP, timeoutMs: NOBODY_WAITS_SO_LONG_MS };
    const silent = await send(await listen(createServer()), check);
    expect(silent).toEqual({ outcome: "timeout", detail: "no answer within 60 ms" });
    expect((await answered((_request, response) => void response.write("and so on"), check)).outcome).toBe("timeout");
  });

  test("does not wait for the end of a body that is long enough", async () => {
    const endless: RequestListener = (_request, response) => void response.write(Buffer.alloc(80 * 1_024));
    expect(await answered(endless)).toEqual({ outcome: "passed", detail: "status 200" });
  });

  test("sends its headers, and tells who is mistaken from who is ill", async () => {
    const seen: unknown[] = [];
    const listener: RequestListener = (request, response) => {
      seen.push(request.headers["x-key"]);
      response.writeHead(200, { "x-instance": "i-2" }).end("all ready");
    };
    const identity = { header: "x-instance", is: "{instance}" };
    const check = { ...HTTP, headers: { "X-Key": "k" }, body: "ready", identity };
    const port = await listen(createHttpServer(listener));
    const as = (instance: string) => networkProbe.send({ service: nameOf("shop"), ip: "127.0.0.1", port, check, instance });
    expect(await as("i-2")).toEqual({ outcome: "passed", detail: "status 200" });
    expect((await as("i-1")).outcome).toBe("mistaken");
    expect(seen).toEqual(["k", "k"]);
  });

  test("over TLS believes no certificate that nobody vouches for, unless it is told to", async () => {
    const issued = new Authority().issue("shop", { names: [{ dns: "shop" }] });
    const port = await listen(createHttpsServer(issued, (_request, response) => response.end("ok")));
    const stranger = await send(port, { ...HTTP, tls: {} });
    expect(stranger).toMatchObject({ outcome: "failed" });
    expect(stranger.detail).toMatch(/certificate/);
    expect((await send(port, { ...HTTP, tls: { insecure: true } })).outcome).toBe("passed");
    expect((await send(await listen(createHttpServer((_request, response) => response.end())), { ...HTTP, tls: {} })).outcome).toBe(
      "failed",
    );
  });

  test("fails when the answer is not HTTP, breaks off, upgrades or never begins", async () => {
    const raw = async (text: string) => {
      const server = createServer((socket) => socket.on("error", () => undefined).once("data", () => socket.end(text)));
      return (await send(await listen(server), HTTP)).outcome;
    };
    expect(await raw("220 mail ready\r\n")).toBe("failed");
    expect(await raw("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")).toBe("failed");
    expect(await raw("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n")).toBe("failed");
    expect(await raw("")).toBe("failed");
  });
});
