import { createSocket } from "node:dgram";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { buildQuery } from "../message.js";
import { address, replyTo } from "../testing/fake-resolver.js";
import { udpTcpTransport } from "./udp-tcp-transport.js";

const QUERY = buildQuery(0x1234, { name: "shop.example", type: "A" });
const REPLY = replyTo(QUERY, { answers: [address("shop.example", "10.0.0.1")] });
const TRUTH = replyTo(QUERY, { answers: [address("shop.example", "10.0.0.9")] });
const OTHER_QUESTION = replyTo(buildQuery(0x1234, { name: "cart.example", type: "A" }), {});
const SHORT_MS = 60;
const LONG_MS = 5_000;

const closings: (() => void)[] = [];
afterEach(() => {
  for (const close of closings.splice(0)) close();
});

function udpServer(onQuery: (send: (reply: Buffer) => void, query: Buffer, port: number) => void): Promise<string> {
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => onQuery((reply) => socket.send(reply, from.port, from.address), query, from.port));
  closings.push(() => socket.close());
  return new Promise((resolve) => socket.bind(0, "127.0.0.1", () => resolve(`127.0.0.1:${socket.address().port}`)));
}

function tcpServer(onQuery: (socket: Socket, bytes: Buffer) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("data", (bytes) => onQuery(socket, bytes));
  });
  closings.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(`127.0.0.1:${(server.address() as AddressInfo).port}`)));
}

function framed(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from([message.byteLength >> 8, message.byteLength & 0xff]), message]);
}

describe("DNS over UDP", () => {
  test("brings the reply, from a port of its own each time", async () => {
    const ports = new Set<number>();
    const server = await udpServer((send, query, port) => {
      ports.add(port);
      send(Buffer.concat([query.subarray(0, 2), REPLY.subarray(2)]));
    });
    for (let count = 0; count < 5; count++)
      expect(await udpTcpTransport.exchange(server, QUERY, "udp", LONG_MS)).toEqual({ ok: true, value: REPLY });
    expect(ports.size).toBeGreaterThan(1);
  });

  test("waits past datagrams with another id or question, of anybody else, or that are none", async () => {
    const server = await udpServer((send) => {
      send(Buffer.concat([Buffer.from("9999", "hex"), REPLY.subarray(2)]));
      send(Buffer.from("12", "hex"));
      send(OTHER_QUESTION);
      send(QUERY);
      send(REPLY);
    });
    expect(await udpTcpTransport.exchange(server, QUERY, "udp", LONG_MS)).toEqual({ ok: true, value: REPLY });
  });

  test("hears only the server it asked, not who answers in its name from elsewhere", async () => {
    const liar = createSocket("udp4");
    closings.push(() => liar.close());
    const server = await udpServer((send, _query, port) => {
      liar.send(REPLY, port, "127.0.0.1", () => setTimeout(() => send(Buffer.from(TRUTH)), SHORT_MS));
    });
    expect(await udpTcpTransport.exchange(server, QUERY, "udp", LONG_MS)).toEqual({ ok: true, value: TRUTH });
  });

  test("gives up in time on silence, and at once where nobody listens", async () => {
    const silent = await udpServer(() => undefined);
    expect(await udpTcpTransport.exchange(silent, QUERY, "udp", SHORT_MS)).toEqual({ ok: false, error: "no answer within 60 ms" });
    const gone = createSocket("udp4");
    const port = await new Promise<number>((resolve) => gone.bind(0, "127.0.0.1", () => resolve(gone.address().port)));
    await new Promise<void>((resolve) => gone.close(resolve));
    const refused = await udpTcpTransport.exchange(`127.0.0.1:${port}`, QUERY, "udp", LONG_MS);
    expect(refused).toMatchObject({ ok: false, error: expect.stringContaining("ECONNREFUSED") });
    expect(await udpTcpTransport.exchange("nowhere", QUERY, "udp", LONG_MS)).toMatchObject({ ok: false });
  });
});

describe("DNS over TCP", () => {
  test("frames the query and puts the reply together again, one byte at a time", async () => {
    const seen: Buffer[] = [];
    const server = await tcpServer((socket, bytes) => {
      seen.push(bytes);
      socket.setNoDelay(true);
      for (const byte of framed(REPLY)) socket.write(Buffer.from([byte]));
    });
    expect(await udpTcpTransport.exchange(server, QUERY, "tcp", LONG_MS)).toEqual({ ok: true, value: REPLY });
    expect(Buffer.concat(seen)).toEqual(framed(QUERY));
  });

  test("fails when the connection is cut, silent, refused or answers another query", async () => {
    const cut = await tcpServer((socket) => socket.end(framed(REPLY).subarray(0, 5)));
    expect(await udpTcpTransport.exchange(cut, QUERY, "tcp", LONG_MS)).toEqual({
      ok: false,
      error: "the connection was closed after 5 bytes",
    });
    const silent = await tcpServer(() => undefined);
    expect(await udpTcpTransport.exchange(silent, QUERY, "tcp", SHORT_MS)).toEqual({ ok: false, error: "no whole answer within 60 ms" });
    const other = await tcpServer((socket) => socket.write(framed(Buffer.from("9999810000010000", "hex"))));
    expect(await udpTcpTransport.exchange(other, QUERY, "tcp", LONG_MS)).toMatchObject({ ok: false });
  });
});
