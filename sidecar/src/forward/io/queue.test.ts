import type { Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type EngineName, Rig, stateAt } from "../testing/rig.js";
import { RawClient, RawServer, until } from "../testing/wire.js";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** One request at a time; whoever arrives at the endpoint waits for the test. */
async function narrow(engine: EngineName, servers = 1) {
  const arrived: { readonly heard: string; readonly socket: Socket }[] = [];
  const started = await Promise.all(
    Array.from({ length: servers }, () =>
      RawServer.start((socket, heard) => {
        const last = heard.slice(heard.lastIndexOf("POST /"));
        if (last.endsWith("hello")) arrived.push({ heard: last, socket });
      }),
    ),
  );
  const rig = await Rig.start({ engine, endpoints: started.map(({ port }) => stateAt(port)), config: { maxRequests: 1 } });
  cleanups.push(
    () => started.map((server) => server.close()),
    () => rig.engine.drain(0),
  );
  const ask = (path: string) => {
    const client = new RawClient(rig.port, `POST ${path} HTTP/1.1\r\nHost: shop\r\nContent-Length: 5\r\n\r\nhello`);
    cleanups.push(() => client.socket.destroy());
    return client;
  };
  const queued = () => rig.path.counters.get("shop")?.queued;
  return { arrived, rig, ask, queued };
}

describe.each<EngineName>(["net", "node"])("engine %s", (engine) => {
  test("a request with a body waits whole for its turn", async () => {
    const { arrived, ask, queued } = await narrow(engine);
    const first = ask("/first");
    await until(() => arrived.length === 1);
    const second = ask("/second");
    await until(() => queued() === 1);
    arrived[0]?.socket.write(OK);
    await until(() => first.heard.endsWith("ok") && arrived.length === 2);
    expect(arrived[1]?.heard).toMatch(/^POST \/second HTTP\/1\.1\r\n[\s\S]*\r\n\r\nhello$/);
    arrived[1]?.socket.write(OK);
    await until(() => second.heard.endsWith("ok"));
    expect(queued()).toBe(0);
  });

  test("who leaves while waiting costs the next one nothing", async () => {
    const { arrived, rig, ask, queued } = await narrow(engine);
    const first = ask("/first");
    await until(() => arrived.length === 1);
    const left = new RawClient(rig.port, "GET /left HTTP/1.1\r\nHost: shop\r\n\r\n");
    await until(() => queued() === 1);
    left.socket.destroy();
    await until(() => queued() === 0);
    ask("/third");
    await until(() => queued() === 1);
    arrived[0]?.socket.write(OK);
    await until(() => first.heard.endsWith("ok") && arrived.length === 2);
    expect(arrived[1]?.heard).toContain("POST /third ");
    arrived[1]?.socket.write(OK);
    await until(() => rig.path.counters.get("shop")?.limits.inFlight === 0);
  });

  test("a drain answers who waits", async () => {
    const { arrived, rig, ask, queued } = await narrow(engine);
    ask("/first");
    await until(() => arrived.length === 1);
    const second = ask("/second");
    await until(() => queued() === 1);
    const drained = rig.engine.drain(800);
    rig.clock.advance(400);
    expect(second.heard).toBe("");
    rig.clock.advance(400);
    await until(() => second.closed);
    await drained;
    expect(second.heard).toContain("HTTP/1.1 503 ");
    expect(queued()).toBe(0);
  });

  test("what a drain cuts off leaves its place to nobody: who waits is not sent on", async () => {
    const { arrived, rig, ask, queued } = await narrow(engine, 2);
    const done = ask("/done");
    await until(() => arrived.length === 1);
    arrived[0]?.socket.write(OK);
    await until(() => done.heard.endsWith("ok") && rig.path.counters.get("shop")?.limits.inFlight === 0);
    // The other endpoint's turn; a connection to the first lies idle for whoever comes next.
    ask("/under-way");
    await until(() => arrived.length === 2);
    const waiting = ask("/waiting");
    await until(() => queued() === 1);
    const drained = rig.engine.drain(500);
    rig.clock.advance(500);
    await until(() => waiting.closed);
    await drained;
    expect([arrived.length, waiting.heard.includes("HTTP/1.1 503 ")]).toEqual([2, true]);
    expect(rig.path.counters.get("shop")?.finished.reduce((sum, count) => sum + count)).toBe(2);
  });
});
