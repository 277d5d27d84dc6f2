import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seeded } from "@fairlead/shared";
import { systemClock } from "@fairlead/shared/io";
import { RecordedLog } from "@fairlead/shared/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SessionState, ZooKeeperConnection } from "../connection.js";
import type { Access, Link, LinkEvents } from "../link.js";
import type { Loss } from "../outage.js";
import { answerWell, framed, handshake, OP, opOf, replyHeader, type ScriptedServer, scriptedServer } from "../testing/scripted-server.js";
import { floorInMemory } from "../testing/zookeeper-under-test.js";
import { connectZooKeeper } from "./index.js";
import { openNodeLink } from "./node-link.js";

let server: ScriptedServer;
const open: { close(): void | Promise<void> }[] = [];

beforeEach(async () => {
  server = await scriptedServer();
});

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  await server.close();
});

/** A link, and a promise of what becomes of it. */
function link(access: Access = {}, host = "127.0.0.1", port = server.port) {
  const watched: string[] = [];
  const up = defer<void>();
  const ended = defer<Loss | "expired">();
  const events: LinkEvents = {
    up: () => up.resolve(),
    down: (loss) => ended.resolve(loss),
    expired: () => ended.resolve("expired"),
    watch: ({ kind, path }) => watched.push(`${kind} ${path}`),
  };
  const it = openNodeLink({ host, port, sessionTimeoutMs: 4_000, resume: undefined, access }, events);
  open.push({ close: () => it.destroy() });
  return { link: it, up: up.promise, ended: ended.promise, watched };
}

function defer<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function names(of: Link, path: string): Promise<unknown> {
  return new Promise((resolve) => of.children(path, (result) => resolve(result.ok ? result.value.names : result.error)));
}

describe("one connection to a server", () => {
  test("says that it stands, knows how far the server is, and sends no watches of an earlier one", async () => {
    const { link: it, up } = link();
    await up;
    expect(it.seenZxid).toBe(0n);
    expect(await names(it, "/a")).toEqual([]);
    expect(it.seenZxid).toBe(0x42n);
    expect(server.received.slice(1).map(opOf)).toEqual([OP.getChildren2]);
  });

  test("is refused, with the system's words", async () => {
    await server.close();
    expect(await link().ended).toEqual({ kind: "unreachable", reason: expect.stringContaining("ECONNREFUSED") });
  });

  test("that the server closes before the handshake tells of a server that serves nobody", async () => {
    server.answer = (_, { socket }) => socket.end();
    expect(await link().ended).toEqual({ kind: "closed", reason: expect.stringContaining("before the handshake") });
  });

  test("cut in the middle of a frame ends, and the next one starts clean", async () => {
    server.answer = (frame, reply) => {
      if (reply.index === 0) return answerWell(frame, reply);
      reply.socket.end(Buffer.from([0, 0, 0, 88, 1, 2, 3]));
    };
    const first = link();
    await first.up;
    first.link.children("/a", () => undefined);
    expect(await first.ended).toEqual({ kind: "closed", reason: "the server closed the connection" });
    server.answer = answerWell;
    const second = link();
    await second.up;
    expect(await names(second.link, "/a")).toEqual([]);
  });

  test("that brings the length of no ZooKeeper frame is cut at once", async () => {
    server.answer = (_, { raw }) => raw(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expect(await link().ended).toEqual({ kind: "unreadable", reason: expect.stringContaining("no ZooKeeper server") });
  });

  test("survives an error that only newer servers know (-127: throttled)", async () => {
    server.answer = (frame, reply) => (reply.index === 1 ? reply.send(replyHeader(frame, { code: -127 })) : answerWell(frame, reply));
    const { link: it, up } = link();
    await up;
    expect(await names(it, "/a")).toEqual({ kind: "failed", reason: "the server's error -127" });
    expect(await names(it, "/a")).toEqual([]);
  });

  test("that brings an event nobody knows is cut, not the process", async () => {
    const event = Buffer.alloc(16 + 12);
    event.writeInt32BE(-1, 0);
    event.writeInt32BE(99, 16);
    server.answer = (frame, reply) => (reply.index === 0 ? answerWell(frame, reply) : reply.send(event));
    const one = link();
    await one.up;
    one.link.children("/a", () => undefined);
    expect(await one.ended).toEqual({ kind: "unreadable", reason: expect.stringContaining("99") });
  });

  test("byte by byte is read all the same", async () => {
    const slowly = (bytes: Buffer, write: (bytes: Buffer) => void) => {
      for (const byte of bytes) write(Buffer.from([byte]));
    };
    server.answer = (frame, reply) => answerWell(frame, { ...reply, send: (body) => slowly(framed(body), reply.raw) });
    const { link: it, up } = link();
    await up;
    expect(await names(it, "/a")).toEqual([]);
  });

  test("survives an answer that is too large: that read fails, the next one is answered", async () => {
    server.answer = (frame, reply) => {
      if (reply.index !== 1) return answerWell(frame, reply);
      reply.send(Buffer.concat([replyHeader(frame), Buffer.alloc(17 * 1_024 * 1_024)]));
    };
    const { link: it, up } = link();
    await up;
    expect(await names(it, "/large")).toEqual({ kind: "failed", reason: "the answer is larger than 16 MiB", trouble: "too-large" });
    expect(await names(it, "/small")).toEqual([]);
  });

  test("to a session the server forgot says so", async () => {
    server.answer = (_, { send }) => send(handshake(0));
    expect(await link().ended).toBe("expired");
  });

  test("reaches a server by IPv6", async (context) => {
    const six = await scriptedServer("::1").catch(() => undefined);
    if (six === undefined) return context.skip("no IPv6 loopback here");
    open.push(six);
    const { up } = link({}, "::1", six.port);
    await up;
  });
});

describe("saying who we are", () => {
  test("goes out before any read, from the configuration or from a file", async () => {
    const { link: it, up } = link({ auth: { user: "app", password: { kind: "text", text: "s3cret" } } });
    await up;
    await names(it, "/a");
    expect(server.received.slice(1).map(opOf)).toEqual([OP.auth, OP.getChildren2]);
    expect(server.received[1]?.toString("latin1")).toContain("app:s3cret");
    const folder = mkdtempSync(join(tmpdir(), "fairlead-"));
    const path = join(folder, "password");
    writeFileSync(path, "from a file\n");
    const second = link({ auth: { user: "app", password: { kind: "file", path } } });
    await second.up;
    await names(second.link, "/a");
    expect(server.received.at(-2)?.toString("latin1").endsWith("app:from a file")).toBe(true);
    rmSync(folder, { recursive: true });
  });

  test("that is refused ends the connection with that reason, without the password", async () => {
    server.answer = (frame, reply) => {
      if (opOf(frame) !== OP.auth || reply.index === 0) return answerWell(frame, reply);
      reply.send(replyHeader(frame, { code: -115 }));
    };
    const loss = await link({ auth: { user: "app", password: { kind: "text", text: "s3cret" } } }).ended;
    expect(loss).toEqual({ kind: "auth-failed", reason: "the server refuses who we are (digest user app)" });
  });

  test("with a file that is not there says which", async () => {
    const auth = { user: "app", password: { kind: "file", path: "/nowhere/password" } } as const;
    expect(await link({ auth }).ended).toEqual({ kind: "unreachable", reason: expect.stringContaining("/nowhere/password") });
  });

  test("a read that the ACL forbids says who asked", async () => {
    server.answer = (frame, reply) => {
      if (opOf(frame) === OP.getChildren2 && reply.index > 0) reply.send(replyHeader(frame, { code: -102 }));
      else answerWell(frame, reply);
    };
    const anonymous = link();
    await anonymous.up;
    expect(await names(anonymous.link, "/a")).toEqual({
      kind: "failed",
      reason: "NO_AUTH: its ACL does not let us read it without auth",
      trouble: "no-auth",
    });
  });
});

describe("a session over real connections", () => {
  function session(timeoutMs = 1_500): { readonly session: ZooKeeperConnection; until(kind: SessionState["kind"]): Promise<SessionState> } {
    const connect = connectZooKeeper({ clock: systemClock, rng: seeded(1), log: new RecordedLog() });
    const it = connect({
      servers: [`127.0.0.1:${server.port}`],
      sessionTimeoutMs: timeoutMs,
      access: {},
      floor: floorInMemory(),
      onWatch: () => undefined,
      onLoss: () => undefined,
      onFloorGivenUp: () => undefined,
    });
    open.push(it);
    const until = (kind: SessionState["kind"]) =>
      new Promise<SessionState>((resolve) => {
        it.state.watch((state) => {
          if (state.kind === kind) resolve(state);
        });
      });
    return { session: it, until };
  }

  test("leaves a server that accepts and never greets, and gets in when it does", async () => {
    let mute = true;
    server.answer = (frame, reply) => {
      if (!mute) answerWell(frame, reply);
    };
    const { session: it, until } = session();
    await new Promise<void>((resolve) => {
      it.state.watch((state) => {
        if (state.kind === "connecting" && state.cause?.includes("no ZooKeeper handshake within 1500 ms") === true) resolve();
      });
    });
    mute = false;
    await until("connected");
  });

  test("notices a server that stopped answering on an open connection", async () => {
    let mute = false;
    server.answer = (frame, reply) => {
      if (!mute) answerWell(frame, { ...reply, send: (body) => reply.send(reply.index === 0 ? handshake(1_500) : body) });
    };
    const { session: it, until } = session();
    await until("connected");
    mute = true;
    const answers: unknown[] = [];
    it.children("/a", (result) => answers.push(result));
    expect(await until("disconnected")).toMatchObject({ cause: "no answer within 1000 ms" });
    await new Promise((resolve) => setImmediate(resolve));
    expect(answers).toEqual([{ ok: false, error: { kind: "failed", reason: expect.stringContaining("no answer within 1000 ms") } }]);
    mute = false;
    await until("connected");
    expect(server.connections).toBe(1);
  });

  test("with 12,000 watches set resumes without a frame that grows with them", async () => {
    const { session: it, until } = session(4_000);
    await until("connected");
    const paths = Array.from({ length: 12_000 }, (_, index) => `/services/some-service/member-with-a-long-name-${index}`);
    await Promise.all(paths.map((path) => new Promise<void>((resolve) => it.data(path, () => resolve()))));
    const before = server.received.length;
    server.answer = (_, { socket }) => socket.destroy();
    it.exists("/", () => undefined);
    await until("disconnected");
    server.answer = answerWell;
    await until("connected");
    const after = server.received.slice(before);
    expect(after.filter((frame) => frame.length > 8 && opOf(frame) === OP.setWatches)).toEqual([]);
    expect(Math.max(...after.map(({ length }) => length))).toBeLessThan(200);
  });
});
