import { createHash, randomBytes } from "node:crypto";
import {
  Agent,
  createServer,
  type IncomingMessage,
  type RequestListener,
  type RequestOptions,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EndpointState } from "../../endpoint/index.js";
import { type EngineName, Rig, type RigOptions, stateAt } from "../testing/rig.js";
import { deadPort, RawClient, RawServer, until } from "../testing/wire.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

let engine: EngineName = "node";

async function rigOf(options: RigOptions): Promise<Rig> {
  const rig = await Rig.start({ engine, ...options });
  cleanups.push(() => rig.engine.drain(0));
  return rig;
}

/** An HTTP server of the test's own; endpoints sort by `ip:port`, so `ip` decides which one is tried first. */
async function upstream(listener: RequestListener, ip = "127.0.0.1"): Promise<EndpointState & { server: Server }> {
  const server = createServer({ keepAliveTimeout: 60_000 }, listener);
  await new Promise<void>((resolve) => server.listen(0, ip, resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(stateAt((server.address() as AddressInfo).port, ip), { server });
}

async function rawUpstream(onData: (socket: Socket, heard: string) => void): Promise<EndpointState & { raw: RawServer }> {
  const raw = await RawServer.start(onData);
  cleanups.push(() => raw.close());
  return Object.assign(stateAt(raw.port), { raw });
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

function call(rig: Rig, options: RequestOptions = {}, body?: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port: rig.port, agent: false, ...options }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Waits until a count has stayed the same for 50 turns of the event loop. */
async function untilStill(count: () => number): Promise<void> {
  for (let still = 0, last = -1; still < 50; still++) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (count() !== last) still = 0;
    last = count();
  }
}

const sha = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const reasonOf = (answer: Answer) => [answer.status, answer.headers["x-fairlead-reason"]];
const OK: RequestListener = (_, response) => response.end("ok");

/** What every engine does. */
describe.each(["net", "node"] as const)("the %s engine", (name) => {
  beforeEach(() => {
    engine = name;
  });

  describe("forwarding", () => {
    test("requests one after another use one connection to the endpoint", async () => {
      const ports = new Set<number | undefined>();
      const state = await upstream((incoming, response) => {
        ports.add(incoming.socket.remotePort);
        response.end("ok");
      });
      const rig = await rigOf({ endpoints: [state] });
      const agent = new Agent({ keepAlive: true });
      cleanups.push(() => agent.destroy());
      for (let count = 0; count < 10; count++) expect((await call(rig, { agent })).status).toBe(200);
      expect(ports.size).toBe(1);
      expect(state.successes).toBe(10);
    });

    test("an endpoint's report of its load is taken, and not passed on", async () => {
      const state = await upstream((_, response) =>
        response.writeHead(200, { "Endpoint-Load-Metrics": "TEXT cpu_utilization=0.3, rps_fractional=12.5", "X-Kept": "1" }).end("ok"),
      );
      const answer = await call(await rigOf({ endpoints: [state] }));
      expect([answer.headers["endpoint-load-metrics"], answer.headers["x-kept"]]).toEqual([undefined, "1"]);
      expect([state.reportedUtilization, state.reportedRequests]).toEqual([0.3, 12.5]);
    });

    test.each([
      ["with a length", { "Content-Length": String(1 << 20) }],
      ["chunked", { "Transfer-Encoding": "chunked" }],
    ])("a body of 1 MiB %s comes back as it went", async (_, headers) => {
      let framing: unknown;
      const state = await upstream((incoming, response) => {
        framing = [incoming.headers["content-length"], incoming.headers["transfer-encoding"]];
        incoming.pipe(response);
      });
      const rig = await rigOf({ endpoints: [state] });
      const body = randomBytes(1 << 20);
      const answer = await call(rig, { method: "POST", headers }, body);
      expect(sha(answer.body)).toBe(sha(body));
      expect(framing).toEqual("Content-Length" in headers ? [String(1 << 20), undefined] : [undefined, "chunked"]);
      await until(() => state.inFlight === 0);
    });

    test.each([
      ["HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, "5"],
      ["GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, undefined],
      ["GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: x\r\n\r\n", 304, "5"],
      ["GET", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "2"],
      ["GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "2"],
    ])("%s answered %j keeps its meaning and the connection", async (method, raw, status, length) => {
      const state = await rawUpstream((socket) => void socket.write(raw));
      const rig = await rigOf({ endpoints: [state] });
      for (let count = 0; count < 2; count++) {
        const answer = await call(rig, { method });
        expect([answer.status, answer.headers["content-length"]]).toEqual([status, length]);
      }
      expect(state.raw.sockets.length).toBe(1);
    });

    test("an answer that ends with its connection is whole", async () => {
      const state = await rawUpstream((socket) => void socket.end("HTTP/1.1 200 OK\r\n\r\nall of it"));
      const rig = await rigOf({ endpoints: [state] });
      expect((await call(rig)).body.toString()).toBe("all of it");
    });

    test("the caller is told to continue only when an endpoint is there for its body", async () => {
      const state = await upstream((incoming, response) => void incoming.pipe(response));
      const rig = await rigOf({ endpoints: [state] });
      const client = new RawClient(rig.port, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
      await until(() => client.heard === "HTTP/1.1 100 Continue\r\n\r\n");
      client.say("hello");
      await until(() => client.heard.includes("hello"));
      rig.table = new Map();
      const refused = new RawClient(rig.port, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
      await until(() => refused.heard.includes("}"));
      expect(refused.statuses).toEqual([503]);
      client.socket.destroy();
      refused.socket.destroy();
    });

    test("an HTTP/1.0 caller gets its answer ended by the close", async () => {
      const state = await upstream((_, response) => {
        response.write("o");
        response.end("k");
      });
      const rig = await rigOf({ endpoints: [state] });
      const client = new RawClient(rig.port, "GET / HTTP/1.0\r\n\r\n");
      await until(() => client.closed);
      expect(client.heard.endsWith("\r\n\r\nok")).toBe(true);
      expect(client.heard.toLowerCase()).not.toContain("transfer-encoding");
    });

    test("an answer before the whole request came reaches the caller, and its connection ends", async () => {
      const state = await rawUpstream((socket) => void socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"));
      const rig = await rigOf({ endpoints: [state] });
      const client = new RawClient(rig.port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbegin");
      await until(() => client.closed);
      expect(client.statuses).toEqual([413]);
      expect(client.heard).toContain("Connection: close");
      await until(() => state.raw.sockets.every((socket) => socket.destroyed));
    });

    test.each([
      ["our own", []],
      ["the upstream's", ["HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"]],
    ])("a caller that sends all of its body before it reads hears %s answer, not a broken connection", async (_, answers) => {
      const endpoints = await Promise.all(answers.map((answer) => rawUpstream((socket) => void socket.write(answer))));
      const rig = await rigOf({ endpoints });
      const client = new RawClient(rig.port, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${2 << 20}\r\n\r\n`);
      client.socket.pause();
      for (let part = 0; part < 16; part++) {
        client.say("x".repeat(1 << 17));
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      client.socket.resume();
      await until(() => client.closed);
      expect([client.statuses, client.failed]).toEqual([[answers.length === 0 ? 503 : 413], false]);
    });

    test("nothing that follows a body whose answer ended the connection is taken for a request", async () => {
      const rig = await rigOf({ endpoints: [] });
      const replies = () => rig.path.replies.get("no-endpoints");
      const client = new RawClient(rig.port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nbegin");
      await until(() => client.statuses.length === 1);
      client.say(`${"x".repeat(99_995)}GET / HTTP/1.1\r\nHost: a\r\n\r\n`);
      await until(() => client.closed);
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect([client.statuses, replies()]).toEqual([[503], 1]);
    });

    test("an upstream is not read faster than its caller reads", async () => {
      const total = 256 << 20;
      let taken = 0;
      const state = await upstream((_, response) => {
        const chunk = Buffer.alloc(1 << 16);
        const more = () => {
          while (taken < total && response.write(chunk)) taken += chunk.length;
        };
        response.on("drain", more);
        more();
      });
      const rig = await rigOf({ endpoints: [state] });
      const client = new RawClient(rig.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      client.socket.pause();
      let last = -1;
      for (let still = 0; still < 2_000; still++) {
        await new Promise((resolve) => setImmediate(resolve));
        if (taken !== last) still = 0;
        last = taken;
      }
      // What the kernel's socket buffers of two loopback connections take, at most 6 MiB per direction by default, and ours.
      expect(taken).toBeLessThan(64 << 20);
      client.socket.destroy();
      await until(() => state.inFlight === 0);
    });
  });

  describe("endings", () => {
    test("a caller that leaves in the middle of its body takes the upstream request with it", async () => {
      let aborted = false;
      const state = await upstream((incoming) => incoming.on("error", () => (aborted = true)).resume());
      const rig = await rigOf({ endpoints: [state] });
      const client = new RawClient(rig.port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nbegin");
      await until(() => state.inFlight === 1 && (rig.path.counters.get("shop")?.limits.inFlight ?? 0) === 1);
      await new Promise<void>((resolve) => state.server.once("request", () => resolve()));
      client.socket.destroy();
      await until(() => aborted && rig.engine.inFlight === 0);
      expect(state).toMatchObject({ inFlight: 0, cancelled: 1, failures: 0 });
    });

    test("a caller that leaves while it waits takes the upstream request with it", async () => {
      let gone = false;
      const state = await upstream((incoming) => incoming.on("close", () => (gone = true)));
      const rig = await rigOf({ endpoints: [state] });
      const client = new RawClient(rig.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      await new Promise<void>((resolve) => state.server.once("request", () => resolve()));
      client.socket.destroy();
      await until(() => gone && state.inFlight === 0);
      expect(state.cancelled).toBe(1);
    });

    test.each([
      ["GET", "a retry elsewhere", 200, undefined],
      ["POST", "502", 502, "upstream-reset"],
    ])("a reset before the answer means for a %s: %s", async (method, _, status, reason) => {
      const broken = await rawUpstream((socket) => socket.resetAndDestroy());
      const good = await upstream(OK, "127.0.0.2");
      const rig = await rigOf({ endpoints: [broken, good] });
      expect(reasonOf(await call(rig, { method }))).toEqual([status, reason]);
      expect(broken.failures).toBe(1);
      expect([broken.inFlight, good.inFlight]).toEqual([0, 0]);
    });

    test("a PUT whose body was taken is not tried elsewhere", async () => {
      const broken = await rawUpstream((socket) => socket.resetAndDestroy());
      const good = await upstream(OK, "127.0.0.2");
      const rig = await rigOf({ endpoints: [broken, good] });
      const answer = await call(rig, { method: "PUT", headers: { "Content-Length": "5" } }, Buffer.from("hello"));
      expect(reasonOf(answer)).toEqual([502, "upstream-reset"]);
      expect(good.successes).toBe(0);
    });

    test("the only endpoint closing an idle connection as it is used again fails nobody", async () => {
      const state = await rawUpstream((socket, heard) => {
        if (heard.split("\r\n\r\n").length > 2) socket.resetAndDestroy();
        else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      });
      const rig = await rigOf({ endpoints: [state] });
      expect((await call(rig)).status).toBe(200);
      expect((await call(rig)).status).toBe(200);
      expect(state.raw.sockets.length).toBe(2);
      expect(state.failures).toBe(1);
    });

    test("a reset after the answer began is seen as a broken answer, and nothing is tried again", async () => {
      const broken = await rawUpstream((socket) => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", () => socket.resetAndDestroy());
      });
      const good = await upstream(OK, "127.0.0.2");
      const rig = await rigOf({ endpoints: [broken, good] });
      await expect(call(rig)).rejects.toThrow();
      expect(good.successes).toBe(0);
      expect(rig.path.counters.get("shop")?.finished[0]).toBe(1);
    });

    test("an answer without length that breaks off is no clean end for an HTTP/1.0 caller either", async () => {
      const broken = await rawUpstream((socket) => void socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"));
      const rig = await rigOf({ endpoints: [broken] });
      const client = new RawClient(rig.port, "GET / HTTP/1.0\r\nHost: a\r\n\r\n");
      await until(() => client.heard.endsWith("half"));
      broken.raw.sockets[0]?.resetAndDestroy();
      await until(() => client.closed);
      expect(client.failed).toBe(true);
    });

    test("a refused connect is tried elsewhere with the whole body", async () => {
      const dead = stateAt(await deadPort());
      const good = await upstream((incoming, response) => void incoming.pipe(response), "127.0.0.2");
      const rig = await rigOf({ endpoints: [dead, good] });
      const body = randomBytes(100_000);
      expect(sha((await call(rig, { method: "POST", headers: { "Content-Length": "100000" } }, body)).body)).toBe(sha(body));
      expect(dead).toMatchObject({ connectFailuresTotal: 1, inFlight: 0 });
    });

    test("where every endpoint refuses, the answer is 502 and says that a retry is safe", async () => {
      const rig = await rigOf({ endpoints: [stateAt(await deadPort()), stateAt(await deadPort())] });
      const answer = await call(rig, { method: "POST" }, Buffer.from("x"));
      expect(reasonOf(answer)).toEqual([502, "upstream-unreachable"]);
      expect(JSON.parse(answer.body.toString())).toMatchObject({ fault: "upstream", retry: "safe" });
    });

    test("an endpoint that was killed keeps no caller waiting: the next requests pass it over", async () => {
      const killed = await upstream(OK);
      const good = await upstream(OK, "127.0.0.2");
      const rig = await rigOf({ endpoints: [killed, good] });
      for (let count = 0; count < 4; count++) await call(rig);
      killed.server.closeAllConnections();
      await new Promise((resolve) => killed.server.close(resolve));
      for (let count = 0; count < 20; count++) expect((await call(rig)).status).toBe(200);
      expect(killed.connectFailuresTotal).toBe(2);
    });

    test("no answer in time is 504, and a late one is not awaited", async () => {
      const silent = await upstream(() => {});
      const rig = await rigOf({ endpoints: [silent], route: { timeoutMs: 2_000 } });
      const answer = call(rig);
      await new Promise<void>((resolve) => silent.server.once("request", () => resolve()));
      rig.clock.advance(1_999);
      expect(silent.inFlight).toBe(1);
      rig.clock.advance(60);
      expect(reasonOf(await answer)).toEqual([504, "upstream-timeout"]);
      expect(silent.inFlight).toBe(0);
    });

    test("a request that waits for a host which fell silent is answered by another once the host is unhealthy", async () => {
      const silent = await upstream(() => undefined, "127.0.0.1");
      const alive = await upstream(OK, "127.0.0.2");
      const rig = await rigOf({ endpoints: [silent, alive], route: { timeoutMs: 3_000 } });
      const answer = call(rig);
      await new Promise<void>((resolve) => silent.server.once("request", () => resolve()));
      rig.clock.advance(1_500);
      expect(silent.inFlight).toBe(1);
      silent.endpoint = { ...silent.endpoint, health: "unhealthy" };
      rig.clock.advance(50);
      expect((await answer).status).toBe(200);
      expect([silent.inFlight, silent.failures, alive.successes]).toEqual([0, 1, 1]);
    });

    test("the deadline covers the answer's body, which then breaks off", async () => {
      const slow = await upstream((_, response) => void response.write("begin"));
      const rig = await rigOf({ endpoints: [slow], route: { timeoutMs: 2_000 } });
      const client = new RawClient(rig.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      await until(() => client.heard.includes("begin"));
      rig.clock.advance(2_050);
      await until(() => client.closed);
      expect(client.failed).toBe(true);
    });

    test("a connect that takes too long counts as one that failed, and another endpoint is tried", async () => {
      const first = await upstream(OK);
      const second = await upstream(OK, "127.0.0.2");
      const rig = await rigOf({ endpoints: [first, second] });
      const begin = rig.path.begin.bind(rig.path);
      // A microtask after the connect was begun and before it can have succeeded.
      rig.path.begin = (arrival, nowMs) => {
        queueMicrotask(() => rig.clock.advance(1_050));
        return begin(arrival, nowMs);
      };
      expect((await call(rig)).status).toBe(200);
      expect([first.connectFailuresTotal, second.successes]).toEqual([1, 1]);
    });

    test("a caller that falls silent in its body is answered 408", async () => {
      const state = await upstream((incoming) => incoming.on("error", () => {}).resume());
      const rig = await rigOf({ endpoints: [state], route: { timeoutMs: 0 } });
      const client = new RawClient(rig.port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nbegin");
      await new Promise<void>((resolve) => state.server.once("request", () => resolve()));
      rig.clock.advance(50);
      rig.clock.advance(30_000);
      await until(() => client.closed);
      expect(client.statuses).toEqual([408]);
      expect(state).toMatchObject({ inFlight: 0, cancelled: 1 });
    });

    test("an upstream that is silent in the middle of its answer is waited for until the deadline", async () => {
      let answer: ServerResponse | undefined;
      const state = await upstream((_, response) => {
        answer = response;
        response.write("begin");
      });
      const rig = await rigOf({ endpoints: [state], route: { timeoutMs: 120_000 } });
      const client = new RawClient(rig.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      await until(() => client.heard.includes("begin"));
      rig.clock.advance(50);
      rig.clock.advance(60_000);
      answer?.end("end");
      await until(() => client.closed || client.heard.includes("end"));
      expect(client.closed).toBe(false);
      await until(() => state.successes === 1);
    });

    test("an upstream that takes no more of a body is waited for until the deadline, its caller is not blamed", async () => {
      let incoming: IncomingMessage | undefined;
      const state = await upstream((request, response) => {
        incoming = request;
        request.on("end", () => response.end("all of it"));
      });
      const rig = await rigOf({ endpoints: [state], route: { timeoutMs: 120_000 } });
      const answer = call(rig, { method: "POST" }, randomBytes(32 << 20));
      await until(() => incoming !== undefined && incoming.readableLength > 0);
      // Until every buffer on the way is full: nothing moves any more.
      await untilStill(() => incoming?.socket.bytesRead ?? 0);
      rig.clock.advance(50);
      rig.clock.advance(60_000);
      incoming?.resume();
      expect((await answer).status).toBe(200);
    });

    test("a caller that does not read its answer is cut off", async () => {
      const state = await upstream((_, response) => void response.end(randomBytes(32 << 20)));
      const rig = await rigOf({ endpoints: [state], route: { timeoutMs: 0 } });
      const client = new RawClient(rig.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      client.socket.once("data", () => client.socket.pause());
      await until(() => client.heard !== "");
      await untilStill(() => client.socket.bytesRead);
      rig.clock.advance(50);
      rig.clock.advance(30_050);
      client.socket.resume();
      await until(() => client.closed);
      expect(client.heard.length).toBeLessThan(32 << 20);
      expect(state.inFlight).toBe(0);
    });

    test("an answer that waits behind a slow one of its connection does not end both", async () => {
      let slow: ServerResponse | undefined;
      const state = await upstream((incoming, response) => {
        if (incoming.url === "/slow") slow = response;
        else response.end("quick");
      });
      const rig = await rigOf({ endpoints: [state], route: { timeoutMs: 120_000 } });
      const client = new RawClient(rig.port, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /quick HTTP/1.1\r\nHost: a\r\n\r\n");
      await until(() => slow !== undefined);
      rig.clock.advance(50);
      rig.clock.advance(60_000);
      slow?.end("slow");
      await until(() => client.closed || client.heard.includes("quick"));
      expect(client.heard).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nslowHTTP\/1\.1 200 .*\r\n\r\nquick$/s);
    });
  });

  describe("routing by Host", () => {
    test("names, configured hosts, capitals and ports find their service; others get 404 that says what to add", async () => {
      const state = await upstream((incoming, response) => response.end(incoming.headers.host));
      const rig = await rigOf({ endpoints: [state], by: { kind: "host" }, hosts: new Map([["shop.internal", "shop"]]) });
      for (const host of ["shop", "SHOP:9000", "shop.internal"]) {
        expect((await call(rig, { headers: { Host: host } })).body.toString()).toBe(host);
      }
      const unknown = await call(rig, { headers: { Host: "nobody.internal" } });
      expect(reasonOf(unknown)).toEqual([404, "no-route"]);
      expect(unknown.body.toString()).toContain("http.hosts");
      expect(unknown.body.toString()).toContain("cart, shop");
    });
  });

  describe("malformed bytes", () => {
    test("they are answered 400 with a problem body, and the connection ends", async () => {
      const rig = await rigOf({ endpoints: [await upstream(OK)] });
      const client = new RawClient(rig.port, "NONSENSE\r\n\r\n");
      await until(() => client.closed);
      expect(client.statuses).toEqual([400]);
      expect(client.heard).toContain("X-Fairlead-Reason: bad-request");
      expect(client.heard).toContain("Connection: close");
      expect(rig.path.replies.get("bad-request")).toBe(1);
    });

    test("101 headers are refused instead of silently cut", async () => {
      const rig = await rigOf({ endpoints: [await upstream(OK)] });
      const headers = Array.from({ length: 100 }, (_, index) => `X-${index}: 1`).join("\r\n");
      const client = new RawClient(rig.port, `GET / HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\n`);
      await until(() => client.closed);
      expect(client.statuses).toEqual([431]);
    });
  });

  describe("drain", () => {
    test("requests under way finish with Connection: close, new connections are refused, and then it is over", async () => {
      let finish = () => {};
      const state = await upstream((_, response) => {
        finish = () => response.end("late");
      });
      const rig = await rigOf({ endpoints: [state] });
      const answer = call(rig, { agent: new Agent({ keepAlive: true }) });
      await new Promise<void>((resolve) => state.server.once("request", () => resolve()));
      const drained = rig.engine.drain(30_000);
      await expect(call(rig)).rejects.toThrow("ECONNREFUSED");
      finish();
      const { status, headers } = await answer;
      expect([status, headers.connection]).toEqual([200, "close"]);
      await drained;
      expect(rig.engine.inFlight).toBe(0);
      expect(rig.clock.pendingCount).toBe(0);
    });

    test("what has not been answered when the time is over is answered 503", async () => {
      const state = await upstream(() => {});
      const rig = await rigOf({ endpoints: [state] });
      const answer = call(rig);
      await new Promise<void>((resolve) => state.server.once("request", () => resolve()));
      const drained = rig.engine.drain(5_000);
      rig.clock.advance(5_000);
      expect(reasonOf(await answer)).toEqual([503, "draining"]);
      await drained;
      expect(state.inFlight).toBe(0);
    });
  });

  test("a port in use is a reason, not a crash", async () => {
    const rig = await rigOf({ endpoints: [] });
    const second = await rig.engine.listen({ host: "127.0.0.1", port: rig.port, route: { kind: "host" } }, rig.path);
    expect(second.ok ? "" : second.error).toContain("EADDRINUSE");
  });

  test("a closed listener is closed for new connections while others go on", async () => {
    const rig = await rigOf({ endpoints: [await upstream(OK)] });
    const other = await rig.engine.listen({ host: "127.0.0.1", port: 0, route: { kind: "service", service: "shop" } }, rig.path);
    if (!other.ok) throw new Error(other.error);
    await other.value.close();
    await expect(call(rig, { port: other.value.port })).rejects.toThrow("ECONNREFUSED");
    expect((await call(rig)).status).toBe(200);
  });
});
