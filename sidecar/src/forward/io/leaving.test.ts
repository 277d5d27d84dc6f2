// WebSockets are moved off an endpoint that left: all of them by the deadline, evenly spread, each with an orderly end.

import { afterEach, expect, test } from "vitest";
import type { EndpointState } from "../../endpoint/index.js";
import { clusterOf, Rig, stateAt } from "../testing/rig.js";
import { RawClient, RawServer, until } from "../testing/wire.js";
import { NetEngine } from "./net-engine.js";

const HANDSHAKE = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const SWITCHED = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const CLOSE_1001 = "\x88\x02\x03\xe9";
const WINDOW_MS = 60_000;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function endpoint(after = ""): Promise<EndpointState & { raw: RawServer }> {
  const raw = await RawServer.start((socket, heard) => {
    if (heard.endsWith("\r\n\r\n")) socket.write(Buffer.from(SWITCHED + after, "latin1"));
  });
  cleanups.push(() => raw.close());
  return Object.assign(stateAt(raw.port), { raw });
}

async function rigOf(endpoints: readonly EndpointState[]) {
  const rig = await Rig.start({ endpoints });
  const { engine } = rig;
  if (!(engine instanceof NetEngine)) throw new Error("the rig runs another engine");
  cleanups.push(() => engine.drain(0));
  const list = (listed: readonly EndpointState[]) => {
    rig.table = new Map([["shop", clusterOf("shop", listed)]]);
    engine.onTable(rig.table);
  };
  list(endpoints);
  return { rig, engine, list };
}

test("100 WebSockets leave a removed endpoint evenly over the window, each with a Close frame that says 1001", async () => {
  const one = await endpoint();
  const two = await endpoint();
  const { rig, engine, list } = await rigOf([one]);
  const clients = Array.from({ length: 100 }, () => new RawClient(rig.port, HANDSHAKE));
  await until(() => clients.every(({ heard }) => heard.endsWith("\r\n\r\n")));
  list([two]);
  rig.clock.advance(50);
  expect(engine.leaving).toMatchObject([{ service: "shop", because: "removed", connections: 100 }]);
  const gone: number[] = [];
  for (let tenth = 1; tenth <= 10; tenth++) {
    for (let second = 0; second < WINDOW_MS / 10_000; second++) {
      rig.clock.advance(1_000);
      const moved = engine.moved.get("shop") ?? 0;
      await until(() => clients.filter(({ closed }) => closed).length >= moved);
    }
    gone.push(clients.filter(({ closed }) => closed).length);
  }
  const steps = gone.map((count, index) => count - (gone[index - 1] ?? 0));
  expect(Math.min(...steps)).toBeGreaterThanOrEqual(8);
  expect(Math.max(...steps)).toBeLessThanOrEqual(12);
  expect(gone.at(-1)).toBe(100);
  for (const { heard, failed } of clients) expect([heard.slice(heard.indexOf("\r\n\r\n") + 4), failed]).toEqual([CLOSE_1001, false]);
  await until(() => one.inFlight === 0 && engine.inFlight === 0);
  expect([rig.edge.ends.get("tunnel-moved"), one.failures, engine.leaving]).toEqual([100, 0, []]);
  const next = new RawClient(rig.port, HANDSHAKE);
  await until(() => next.heard.endsWith("\r\n\r\n"));
  expect(two.raw.sockets).toHaveLength(1);
});

test("in the middle of a frame there is no place for a Close frame: the end alone is said", async () => {
  const half = "\x82\x05ab";
  const one = await endpoint(half);
  const two = await endpoint();
  const { rig, list } = await rigOf([one]);
  const client = new RawClient(rig.port, HANDSHAKE);
  await until(() => client.heard.endsWith(half));
  list([two]);
  rig.clock.advance(WINDOW_MS + 100);
  await until(() => client.closed);
  expect([client.heard.endsWith(half), client.failed]).toEqual([true, false]);
});

test("an endpoint that returns keeps its WebSockets", async () => {
  const one = await endpoint();
  const two = await endpoint();
  const { rig, engine, list } = await rigOf([one]);
  const client = new RawClient(rig.port, HANDSHAKE);
  await until(() => client.heard.endsWith("\r\n\r\n"));
  list([two]);
  list([stateAt(one.raw.port), two]);
  rig.clock.advance(2 * WINDOW_MS);
  expect([client.closed, engine.leaving, engine.moved.size]).toEqual([false, [], 0]);
});

test("a process that ends sends its WebSockets away one after the other, within the time it has", async () => {
  const { rig, engine } = await rigOf([await endpoint()]);
  const clients = Array.from({ length: 40 }, () => new RawClient(rig.port, HANDSHAKE));
  await until(() => clients.every(({ heard }) => heard.endsWith("\r\n\r\n")));
  const drained = engine.drain(10_000);
  const toldToGo = () => clients.filter(({ heard }) => heard.endsWith(CLOSE_1001)).length;
  // One in each fortieth of the 8.5 s that are for it; the engine looks every 50 ms.
  const due = (ms: number) => Math.min(40, (ms / 8_500) * 40);
  for (let ms = 1_000; ms <= 9_000; ms += 1_000) {
    rig.clock.advance(1_000);
    await until(() => toldToGo() >= Math.floor(due(ms - 50)));
    expect(toldToGo()).toBeLessThanOrEqual(Math.ceil(due(ms)));
  }
  rig.clock.advance(1_000);
  await drained;
  expect(clients.some(({ failed }) => failed)).toBe(false);
});
