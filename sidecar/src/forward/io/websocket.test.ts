// Connections that switch to WebSocket (RFC 6455), and those that must not.

import { afterEach, expect, test } from "vitest";
import { Rig, stateAt } from "../testing/rig.js";
import { RawClient, RawServer, until } from "../testing/wire.js";

const HANDSHAKE = ["GET /chat HTTP/1.1", "Host: a", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x"].join("\r\n");
const SWITCHED = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: y\r\n\r\n";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A sidecar before an upstream that answers each request head with `answer`, and says back whatever comes after it. */
async function rigBefore(answer: string) {
  const server = await RawServer.start((socket, heard) => {
    if (heard.endsWith("\r\n\r\n")) socket.write(answer);
    else socket.write(Buffer.from(heard.at(-1) ?? "", "latin1"));
  });
  const state = stateAt(server.port);
  const rig = await Rig.start({ engine: "net", endpoints: [state] });
  cleanups.push(
    () => server.close(),
    () => rig.engine.drain(0),
  );
  return { server, state, rig };
}

test("after the upstream's 101 bytes go both ways as they come, and the end of one side is the end of the other", async () => {
  const { server, state, rig } = await rigBefore(SWITCHED);
  const client = new RawClient(rig.port, `${HANDSHAKE}\r\n\r\n`);
  await until(() => client.heard.endsWith("\r\n\r\n"));
  expect(client.statuses).toEqual([101]);
  expect(client.heard.toLowerCase()).toContain("sec-websocket-accept: y");
  client.say("\x00");
  await until(() => client.heard.endsWith("\x00"));
  client.say("\xff");
  await until(() => client.heard.endsWith("\x00\xff"));
  expect(state.inFlight).toBe(1);
  server.sockets[0]?.end();
  await until(() => client.closed);
  await until(() => state.inFlight === 0);
  expect([state.successes, rig.engine.inFlight]).toEqual([1, 0]);
});

test("a caller that leaves takes the upstream's side with it", async () => {
  const { server, state, rig } = await rigBefore(SWITCHED);
  const client = new RawClient(rig.port, `${HANDSHAKE}\r\n\r\n`);
  await until(() => client.statuses[0] === 101);
  client.socket.resetAndDestroy();
  await until(() => server.sockets[0]?.destroyed === true && state.inFlight === 0);
});

test("an upstream that declines answers as it would any request, and the connection goes on", async () => {
  const { rig } = await rigBefore("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 3\r\n\r\nno\n");
  const client = new RawClient(rig.port, `${HANDSHAKE}\r\n\r\n`);
  await until(() => client.heard.endsWith("no\n"));
  client.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await until(() => client.statuses.length === 2);
});

test.each([
  ["a 101 that nobody asked for", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", SWITCHED],
  ["a 101 to another protocol", `${HANDSHAKE}\r\n\r\n`, SWITCHED.replace("websocket", "h2c")],
])("%s is a bad answer", async (_, asked, answer) => {
  const { state, rig } = await rigBefore(answer);
  const client = new RawClient(rig.port, asked);
  await until(() => client.statuses.length === 1);
  expect([client.statuses, state.failures]).toEqual([[502], 1]);
});

test.each([
  ["another protocol", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA"],
  ["WebSocket without Connection: Upgrade", "Upgrade: websocket"],
])("the wish for %s is not passed on", async (_, fields) => {
  const heard: string[] = [];
  const server = await RawServer.start((socket, text) => {
    heard.push(text);
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  const rig = await Rig.start({ engine: "net", endpoints: [stateAt(server.port)] });
  cleanups.push(
    () => server.close(),
    () => rig.engine.drain(0),
  );
  const client = new RawClient(rig.port, `GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n`);
  await until(() => client.heard.endsWith("ok"));
  expect(heard.join("").toLowerCase()).not.toMatch(/upgrade|http2-settings/);
});
