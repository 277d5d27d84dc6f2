import { ok, seeded } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import { describe, expect, test } from "vitest";
import type { FloorEnd, SessionState, WatchEvent, ZooKeeperConnection } from "./connection.js";
import type { Link, LinkEvents, LinkOptions } from "./link.js";
import type { LossKind } from "./outage.js";
import { connectOver } from "./session.js";
import { FakeZooKeeper } from "./testing/fake-zookeeper.js";
import { floorInMemory } from "./testing/zookeeper-under-test.js";
import type { ZxidFloor } from "./zxid-floors.js";

interface Setup {
  readonly clock: FakeClock;
  readonly log: RecordedLog;
  readonly server: FakeZooKeeper;
  readonly session: ZooKeeperConnection;
  readonly opened: LinkOptions[];
  readonly states: SessionState["kind"][];
  readonly events: WatchEvent[];
  readonly losses: LossKind[];
  readonly ends: FloorEnd[];
  readonly floor: ZxidFloor;
  /** From now on `host` is served by another server. */
  readonly serve: (host: string, by: FakeZooKeeper) => void;
}

function setup(servers: readonly string[] = ["10.9.0.1:2181"], floor = floorInMemory()): Setup {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const server = new FakeZooKeeper(clock);
  const opened: LinkOptions[] = [];
  const events: WatchEvent[] = [];
  const losses: LossKind[] = [];
  const ends: FloorEnd[] = [];
  const others = new Map<string, FakeZooKeeper>();
  const connect = connectOver({
    clock,
    log,
    rng: seeded(3),
    openLink: (options, handlers) => {
      opened.push(options);
      return (others.get(options.host) ?? server).openLink(options, handlers);
    },
  });
  const session = connect({
    servers,
    sessionTimeoutMs: 30_000,
    access: {},
    floor,
    onWatch: (event) => events.push(event),
    onLoss: (kind) => losses.push(kind),
    onFloorGivenUp: (because) => ends.push(because),
  });
  const states: SessionState["kind"][] = [];
  session.state.watch((state) => states.push(state.kind));
  const serve = (host: string, by: FakeZooKeeper) => others.set(host, by);
  return { clock, log, server, session, opened, states, events, losses, ends, floor, serve };
}

describe("a ZooKeeper session", () => {
  test("connects, says so once, and pings for ever without leaking timers", () => {
    const { clock, log, session, states } = setup();
    clock.advance(300_000);
    expect(states).toEqual(["connecting", "connected"]);
    expect(log.count("zookeeper-connected")).toBe(1);
    expect(clock.pendingCount).toBeLessThanOrEqual(2);
    void session.close();
    expect(clock.pendingCount).toBe(0);
  });

  test("resumes its session on the next server after a cut", () => {
    const { clock, server, opened, states, session } = setup(["10.9.0.1:2181", "10.9.0.2:2181"]);
    clock.advance(10);
    const before = session.state.value;
    server.cut();
    clock.advance(200);
    expect(states).toEqual(["connecting", "connected", "disconnected", "connected"]);
    expect(session.state.value).toMatchObject({ kind: "connected", sessionId: before.kind === "connected" ? before.sessionId : "" });
    expect(new Set(opened.map(({ host }) => host)).size).toBe(2);
    expect(opened[1]).toMatchObject({ resume: { sessionId: "0000000000000001" } });
  });

  test("after expiry it makes a new session, and the age counts from when sight was lost", () => {
    const { clock, server, opened, states, session, log } = setup();
    clock.advance(10);
    const lostMs = clock.wallMs();
    server.become("down");
    clock.advance(20_000);
    server.expireSessions();
    server.become("serving");
    let expired: SessionState | undefined;
    session.state.watch((state) => {
      if (state.kind === "expired") expired = state;
    });
    clock.advance(20_000);
    expect(expired).toEqual({ kind: "expired", sinceMs: lostMs, cause: "the session expired" });
    expect(states).toEqual(["connecting", "connected", "disconnected", "expired", "connected"]);
    expect(session.state.value).toMatchObject({ kind: "connected", sessionId: "0000000000000002", history: 0 });
    expect(opened.at(-1)).toMatchObject({ resume: undefined });
    expect([log.count("zookeeper-disconnected"), log.count("zookeeper-session-expired"), log.count("zookeeper-connected")]).toEqual([
      1, 1, 2,
    ]);
  });

  test("a server that accepts and stays silent is left at the handshake deadline", () => {
    const { clock, server, opened, states, session } = setup();
    server.become("silent");
    clock.advance(5_000);
    expect(session.state.value).toEqual({ kind: "connecting", cause: "10.9.0.1:2181: no ZooKeeper handshake within 5000 ms" });
    clock.advance(60_000);
    expect(opened.length).toBeGreaterThan(5);
    server.become("serving");
    clock.advance(10_000);
    expect(states.at(-1)).toBe("connected");
  });

  test("a connection that stops answering is cut within one session time-out, and what was asked fails", () => {
    const { clock, server, session } = setup();
    clock.advance(10_000);
    server.become("silent");
    const failures: string[] = [];
    session.children("/", (result) => failures.push(result.ok ? "ok" : JSON.stringify(result.error)));
    clock.advance(30_000);
    expect(failures).toEqual(['{"kind":"failed","reason":"no answer within 10000 ms"}']);
    expect(session.state.value).toMatchObject({ kind: "disconnected", cause: "no answer within 20000 ms" });
  });

  test("an unreachable server is logged once, tried for ever, ever less often", () => {
    const { clock, server, opened, log, states } = setup();
    server.become("down");
    clock.advance(60_000);
    const first = opened.length;
    clock.advance(600_000);
    expect(opened.length - first).toBeGreaterThan(100);
    expect(opened.length - first).toBeLessThan(600);
    expect(log.count("zookeeper-unreachable")).toBe(1);
    expect(states).toEqual(["connecting", "connecting"]);
  });

  test("a server that drops us after every handshake is not hammered", () => {
    const { clock, server, opened } = setup();
    for (let step = 0; step < 60_000; step += 10) {
      clock.advance(10);
      server.cut();
    }
    expect(opened.length).toBeLessThan(100);
  });

  test("a session that cannot be resumed is given up after two session time-outs", () => {
    const { clock, server, opened } = setup();
    clock.advance(10);
    server.become("down");
    clock.advance(55_000);
    expect(opened.at(-1)?.resume).toBeDefined();
    clock.advance(20_000);
    expect(opened.at(-1)?.resume).toBeUndefined();
  });

  test("reads while there is no connection fail, with a reason", () => {
    const { session } = setup();
    let answer: unknown;
    session.data("/x", (result) => {
      answer = result;
    });
    expect(answer).toEqual({ ok: false, error: { kind: "failed", reason: "not connected" } });
  });

  test("the time-out the server grants sets the pace", () => {
    const { clock, server, session } = setup();
    server.sessionTimeoutMs = 3_000;
    clock.advance(10);
    server.become("silent");
    clock.advance(3_000);
    expect(session.state.value.kind).toBe("disconnected");
  });

  test("watch events pass, until it is closed", () => {
    const { clock, server, session, events } = setup();
    server.create("/a");
    clock.advance(10);
    session.data("/a", () => undefined);
    clock.advance(10);
    server.set("/a", "1");
    clock.advance(10);
    expect(events).toEqual([{ kind: "data", path: "/a" }]);
    session.data("/a", () => undefined);
    clock.advance(10);
    server.set("/a", "2");
    void session.close();
    clock.advance(10);
    expect(events).toHaveLength(1);
    expect([clock.pendingCount, server.linkCount]).toEqual([0, 0]);
  });

  test("events of a link that was given up change nothing", () => {
    const clock = new FakeClock();
    const handlers: LinkEvents[] = [];
    const mute: Link = {
      children: () => undefined,
      data: () => undefined,
      exists: () => undefined,
      create: () => undefined,
      write: () => undefined,
      ping: (answer) => answer(ok(undefined)),
      seenZxid: 0n,
      destroy: () => undefined,
      end: () => undefined,
    };
    const session = connectOver({
      clock,
      log: new RecordedLog(),
      rng: seeded(1),
      openLink: (_, events) => {
        handlers.push(events);
        return { ...mute };
      },
    })({
      servers: ["10.9.0.1:2181"],
      sessionTimeoutMs: 30_000,
      access: {},
      floor: floorInMemory(),
      onWatch: () => undefined,
      onLoss: () => undefined,
      onFloorGivenUp: () => undefined,
    });
    clock.advance(6_000);
    handlers[0]?.up({ ticket: { sessionId: "1", password: "" }, sessionTimeoutMs: 30_000 });
    expect(session.state.value.kind).toBe("connecting");
  });
});

describe("a server that has not seen what we have seen", () => {
  const A = "10.9.0.1:2181";
  const B = "10.9.0.2:2181";

  /** Connected to a server at its newest; `old` is what it was some transactions ago. */
  function withBackup(servers: readonly string[] = [A]) {
    const it = setup(servers);
    const old = it.server.copy();
    for (let index = 0; index < 3; index++) it.server.create(`/n${index}`);
    it.clock.advance(100);
    it.session.exists("/", () => undefined);
    it.clock.advance(100);
    return { ...it, old };
  }

  test("is not believed: nothing is read from it, and the state says how far behind it is", () => {
    const { clock, server, old, session, serve, losses, floor, log } = withBackup();
    expect(floor.value).toBe(0x103n);
    serve("10.9.0.1", old);
    server.cut();
    clock.advance(300_000);
    expect(session.state.value).toMatchObject({ cause: "server 10.9.0.1:2181 is behind: zxid 0x100 < 0x103" });
    expect(old.asked.filter((read) => read !== "exists /")).toEqual([]);
    expect(losses.filter((kind) => kind === "behind").length).toBeGreaterThan(5);
    expect(losses.length).toBeLessThan(80);
    expect(log.lines.filter(({ fields }) => fields?.["kind"] === "behind")).toHaveLength(1);
  });

  test("is left for another one that has", () => {
    const { clock, server, old, session, serve, ends } = withBackup([A, B]);
    serve("10.9.0.1", old);
    server.cut();
    clock.advance(10_000);
    expect(session.state.value).toMatchObject({ kind: "connected", server: B, history: 0 });
    expect(ends).toEqual([]);
  });

  test("that catches up within a moment is waited for", () => {
    const { clock, server, old, session, serve, losses } = withBackup();
    serve("10.9.0.1", old);
    server.cut();
    clock.advance(110);
    for (let index = 0; index < 5; index++) old.create(`/n${index}`);
    clock.advance(400);
    expect(session.state.value).toMatchObject({ kind: "connected", history: 0 });
    expect(losses).not.toContain("behind");
  });

  test("is believed after ten minutes in which no other answered", () => {
    const { clock, server, old, session, serve, ends, floor, log } = withBackup([A, B]);
    serve("10.9.0.1", old);
    server.become("down");
    clock.advance(590_000);
    expect(session.state.value.kind).not.toBe("connected");
    clock.advance(120_000);
    expect(session.state.value).toMatchObject({ kind: "connected", server: A, history: 1 });
    expect([ends, floor.value < 0x103n, log.count("zookeeper-floor-given-up")]).toEqual([["time"], true, 1]);
  });

  test("is believed at once when an operator says so, and only then", () => {
    const { clock, server, old, session, serve, ends } = withBackup();
    expect(session.believeServers()).toBe(false);
    serve("10.9.0.1", old);
    server.cut();
    clock.advance(30_000);
    expect(session.believeServers()).toBe(true);
    clock.advance(100);
    expect(session.state.value).toMatchObject({ kind: "connected", history: 1 });
    expect(ends).toEqual(["operator"]);
    expect(session.believeServers()).toBe(false);
  });

  test("is not believed by the next process either", () => {
    const { clock, session, states } = setup([A], floorInMemory(0x200n));
    clock.advance(60_000);
    expect(session.state.value).toEqual({ kind: "connecting", cause: "server 10.9.0.1:2181 is behind: zxid 0x100 < 0x200" });
    expect(states).toEqual(["connecting", "connecting"]);
  });
});

test("servers are tried in an order of chance, each once a round", () => {
  const servers = Array.from({ length: 5 }, (_, index) => `10.9.0.${index}:2181`);
  const { clock, server, opened } = setup(servers);
  server.become("down");
  clock.advance(60_000);
  const hosts = opened.map(({ host }) => host);
  expect(new Set(hosts.slice(0, 5)).size).toBe(5);
  expect(hosts.slice(0, 5)).not.toEqual(servers.map((name) => name.split(":")[0]));
  expect(hosts.slice(5, 10)).toEqual(hosts.slice(0, 5));
});

test("a server that refuses who we are is a state of its own, told once, tried again ever less often", () => {
  const { clock, server, session, opened, losses, log } = setup();
  clock.advance(100);
  server.become("down");
  clock.advance(1_000);
  server.refuseAuth = "the server refuses who we are (digest user app)";
  server.become("serving");
  const before = opened.length;
  clock.advance(600_000);
  expect(session.state.value).toMatchObject({ cause: "10.9.0.1:2181: the server refuses who we are (digest user app)" });
  expect(opened.length - before).toBeLessThan(600);
  expect(losses).toContain("auth-failed");
  expect(log.lines.filter(({ fields }) => fields["kind"] === "auth-failed")).toHaveLength(1);
  server.refuseAuth = undefined;
  clock.advance(10_000);
  expect(session.state.value.kind).toBe("connected");
});
