import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { encode, services } from "@fairlead/proto";
import { Cell, newMetrics } from "@fairlead/shared";
import { FakeClock } from "@fairlead/shared/testing";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { framed } from "../grpc/message-reader.js";
import { DEFAULT_LIMITS, type XdsServer, type XdsServerDeps, xdsServer } from "../library.js";
import { EDS, view } from "../testing/views.js";

const DELTA = services.aggregated.DeltaAggregatedResources.path;
const CHECK = services.health.Check.path;
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

const first = framed(
  encode("envoy.service.discovery.v3.DeltaDiscoveryRequest", { node: { id: "web-1" }, type_url: EDS, resource_names_subscribe: ["a"] }),
);

describe("the gRPC layer of the xDS port", () => {
  const sets = new Cell(view({ eds: { a: "1" } }));
  let server: XdsServer;
  let metrics: ReturnType<typeof newMetrics>;
  let port: number;
  let ended: string[];
  const sessions: ClientHttp2Session[] = [];
  const sockets: Socket[] = [];

  async function start(changed: Partial<XdsServerDeps> = {}): Promise<void> {
    metrics = newMetrics();
    const observer = { opened() {}, subscribed() {}, sent() {}, acked() {}, nacked() {}, gateExpired() {} };
    const closed = (_: unknown, reason: string) => void ended.push(reason);
    server = xdsServer({ viewOf: () => sets, observer: { ...observer, closed }, metrics, ...changed });
    const listening = await server.listen({ host: "127.0.0.1", port: 0 });
    if (!listening.ok) throw new Error(listening.error);
    port = listening.value.port;
  }

  function session(): ClientHttp2Session {
    const made = connect(`http://127.0.0.1:${port}`).on("error", () => {});
    sessions.push(made);
    return made;
  }

  function socket(): Socket {
    const made = connectTcp(port, "127.0.0.1").on("error", () => {});
    made.resume();
    sockets.push(made);
    return made;
  }

  function open(from: ClientHttp2Session, path = DELTA, headers: Record<string, string> = {}): ClientHttp2Stream {
    const said = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers", ...headers };
    return from.request(said, { endStream: false }).on("error", () => {});
  }

  /** The headers that end a call, whether it had a response or not. */
  async function end(stream: ClientHttp2Stream): Promise<IncomingHttpHeaders> {
    stream.resume();
    const [headers] = await Promise.race([
      once(stream, "trailers"),
      once(stream, "response").then((all) => (all[0]["grpc-status"] ? all : once(stream, "trailers"))),
    ]);
    return headers as IncomingHttpHeaders;
  }

  /** Node 20 says GOAWAY and keeps the connection: there it ends when nobody answers a ping. */
  async function allGone(clock: FakeClock): Promise<void> {
    const look = () => {
      clock.advance(5_000);
      return sockets.filter(({ closed }) => !closed).length;
    };
    await expect.poll(look, { timeout: 9_000 }).toBe(0);
  }

  /** Closes a server on a clock of its own. */
  async function close(clock: FakeClock): Promise<void> {
    const closing = server.close();
    clock.advance(5_000);
    await closing;
  }

  const served = async () => {
    const stream = open(session(), CHECK);
    stream.end(framed());
    return (await end(stream))["grpc-status"];
  };

  beforeEach(() => {
    ended = [];
  });

  afterEach(async () => {
    for (const one of sessions.splice(0)) one.destroy();
    for (const one of sockets.splice(0)) one.destroy();
    await server.close();
  });

  test("what is no gRPC is told so in HTTP, what is not served in gRPC", async () => {
    await start();
    const client = session();
    const statusOf = async (headers: Record<string, string>) => {
      const stream = client.request({ ":path": DELTA, ...headers }).on("error", () => {});
      stream.resume();
      return (await once(stream, "response"))[0][":status"];
    };
    expect(await statusOf({ ":method": "GET" })).toBe(405);
    expect(await statusOf({ ":method": "POST", "content-type": "application/json" })).toBe(415);
    expect(await end(open(client, "/no.Such/Method"))).toMatchObject({
      "grpc-status": "12",
      "grpc-message": "The server does not implement the method /no.Such/Method",
    });
    expect(await end(open(client, DELTA, { "grpc-encoding": "gzip" }))).toMatchObject({
      "grpc-status": "12",
      "grpc-accept-encoding": "identity",
    });
    expect(await served()).toBe("0");
  });

  test("a unary call takes one request, neither none nor two", async () => {
    await start();
    const client = session();
    const none = open(client, CHECK);
    none.end();
    expect(await end(none)).toMatchObject({ "grpc-status": "12" });
    const two = open(client, CHECK);
    two.end(Buffer.concat([framed(), framed()]));
    expect(await end(two)).toMatchObject({ "grpc-status": "12" });
  });

  test("a message above the limit ends its stream before it has come, and is heard of", async () => {
    await start({ limits: { ...DEFAULT_LIMITS, requestBytes: 1_000 } });
    const stream = open(session());
    stream.write(first);
    stream.write(framed(Buffer.alloc(1_001)).subarray(0, 5));
    expect(await end(stream)).toMatchObject({ "grpc-status": "8", "grpc-message": expect.stringContaining("larger than max") });
    expect(ended).toEqual([expect.stringContaining("larger than max")]);
  });

  test("a request may come in any pieces", async () => {
    await start();
    const stream = open(session());
    for (const byte of first) stream.write(Buffer.from([byte]));
    const [response] = await once(stream, "data");
    expect(response.toString("latin1")).toContain("a@1");
  });

  test("a call that is given a time ends with DEADLINE_EXCEEDED after it", async () => {
    await start();
    const stream = open(session(), DELTA, { "grpc-timeout": "50m" });
    stream.write(first);
    expect(await end(stream)).toMatchObject({ "grpc-status": "4" });
    expect(ended).toEqual(["Deadline exceeded"]);
  });

  test("a stream has ended when we end it, though its client leaves its side open", async () => {
    await start();
    const client = session();
    for (const stream of [open(client, "/no.Such/Method"), open(client)]) {
      stream.write(framed(Buffer.from([0xff])));
      await end(stream);
      if (!stream.closed) await once(stream, "close");
      expect(stream.rstCode).toBe(0);
    }
  });

  test("a connection has so many streams, and when one has ended another one", async () => {
    await start({ limits: { ...DEFAULT_LIMITS, streamsPerConnection: 1 } });
    const client = session();
    await once(client, "remoteSettings");
    const one = open(client);
    one.write(first);
    await once(one, "data");
    const two = open(client);
    two.write(first);
    let isAnswered = false;
    two.on("data", () => {
      isAnswered = true;
    });
    expect(await served()).toBe("0");
    expect(isAnswered).toBe(false);
    two.close();
    one.close();
    await expect.poll(() => ended.length).toBe(1);
    const three = open(client);
    three.write(first);
    await once(three, "data");
  });

  test("a client that resets stream after stream is cut off, and counted; others are served", async () => {
    await start({ limits: { ...DEFAULT_LIMITS, resetsPerConnection: 20 } });
    const from = socket();
    const gone = once(from, "close");
    const cancel = Buffer.from([0, 0, 0, 8]);
    const opened = requestHeaders(DELTA);
    from.write(Buffer.concat([PREFACE, SETTINGS]));
    for (let id = 1; id < 100; id += 2) from.write(Buffer.concat([frame(1, 4, id, opened), frame(3, 0, id, cancel)]));
    await gone;
    expect(await metrics.expose()).toContain('fairlead_xds_limit_hits_total{limit="resetsPerConnection"} 1');
    expect(await served()).toBe("0");
  });

  test("a client that does not answer a ping is given up, one that does is not", async () => {
    const clock = new FakeClock();
    await start({ clock, rng: { next: () => 0.5 } });
    const dead = socket();
    dead.write(Buffer.concat([PREFACE, SETTINGS]));
    await once(dead, "data");
    const alive = session();
    const stream = open(alive);
    stream.write(first);
    await once(stream, "data");
    const pinged = once(alive, "ping");
    clock.advance(31_000);
    await pinged;
    // In order: the answer to the server's ping has arrived before it sees this one.
    await new Promise<void>((resolve) => void alive.ping(() => resolve()));
    const gone = once(dead, "close");
    clock.advance(21_000);
    await gone;
    expect(alive.destroyed).toBe(false);
    expect(ended).toEqual([]);
    await close(clock);
  });

  test("when it closes, clients are told to open nothing more on their connections", async () => {
    await start();
    const client = session();
    const stream = open(client);
    stream.write(first);
    await once(stream, "data");
    const told = once(client, "goaway");
    const trailers = end(stream);
    const closing = server.close();
    expect((await told)[0]).toBe(0);
    expect(await trailers).toMatchObject({ "grpc-status": "0" });
    await closing;
  });

  test("floods and garbage end their connection and nothing else", async () => {
    const clock = new FakeClock();
    await start({ clock });
    const ping = frame(6, 0, 0, Buffer.alloc(8));
    const continuation = frame(9, 0, 1, Buffer.alloc(0));
    const headers = frame(1, 0, 1, Buffer.alloc(0));
    const repeated = (one: Buffer) => Buffer.concat(Array.from({ length: 20_000 }, () => one));
    const bad = [
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
      Buffer.concat([PREFACE, SETTINGS, headers, repeated(continuation)]),
      Buffer.concat([PREFACE, ...fc.sample(fc.uint8Array({ minLength: 300, maxLength: 300 }), { numRuns: 1, seed: 1 })]),
    ];
    for (const bytes of bad) socket().write(bytes);
    await allGone(clock);
    // Answers that are not read are not kept without end: it is cut off when the kernel's buffers are full.
    const flooding = socket();
    flooding.pause();
    flooding.write(Buffer.concat([PREFACE, SETTINGS]));
    const flood = repeated(ping);
    while (!flooding.destroyed) await new Promise<void>((resolve) => void flooding.write(flood, () => resolve()));
    expect(await served()).toBe("0");
    await close(clock);
  });

  test("whatever a client does at whatever time, the server goes on", async () => {
    const clock = new FakeClock();
    await start({ clock });
    const frames = fc.array(
      fc
        .tuple(fc.nat(10), fc.nat(255), fc.constantFrom(0, 1, 1, 3), fc.uint8Array({ maxLength: 40 }))
        .map(([type, flags, stream, payload]) => frame(type, flags, stream, payload)),
      { maxLength: 6 },
    );
    const opened = frame(1, 4, 1, requestHeaders(DELTA));
    for (const bytes of fc.sample(frames, { numRuns: 60, seed: 7 })) {
      socket().end(Buffer.concat([PREFACE, SETTINGS, opened, frame(0, 0, 1, first), ...bytes]));
    }
    await allGone(clock);
    expect(await served()).toBe("0");
    await close(clock);
  });
});

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([0, 0, payload.length, type, flags, 0, 0, 0, stream]), payload]);
}

/** Indexed where the static table has the whole field, literal without indexing elsewhere (RFC 7541). */
function requestHeaders(path: string): Buffer {
  const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  const contentType = Buffer.concat([Buffer.from([0x0f, 0x10]), text("application/grpc")]);
  return Buffer.concat([Buffer.from([0x83, 0x86, 0x04]), text(path), Buffer.from([0x01]), text("localhost"), contentType]);
}
