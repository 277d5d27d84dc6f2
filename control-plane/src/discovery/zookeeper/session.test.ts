import { ok, seeded } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import { describe, expect, test } from "vitest";
import type { SessionState, WatchEvent, ZooKeeperConnection } from "./connection.js";
import type { Link, LinkEvents, LinkOptions } from "./link.js";
import { connectOver } from "./session.js";
import { FakeZooKeeper } from "./testing/fake-zookeeper.js";

interface Setup {
  readonly clock: FakeClock;
  readonly log: RecordedLog;
  readonly server: FakeZooKeeper;
  readonly session: ZooKeeperConnection;
  readonly opened: LinkOptions[];
  readonly states: SessionState["kind"][];
  readonly events: WatchEvent[];
}

function setup(servers: readonly string[] = ["10.9.0.1:2181"]): Setup {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const server = new FakeZooKeeper(clock);
  const opened: LinkOptions[] = [];
  const events: WatchEvent[] = [];
  const connect = connectOver({
    clock,
    log,
    rng: seeded(3),
    openLink: (options, handlers) => {
      opened.push(options);
      return server.openLink(options, handlers);
    },
  });
  const session = connect({ servers, sessionTimeoutMs: 30_000, onWatch: (event) => events.push(event) });
  const states: SessionState["kind"][] = [];
  session.state.watch((state) => states.push(state.kind));
  return { clock, log, server, session, opened, states, events };
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

  test("resumes its session on the next server after a cut, with what it has seen", () => {
    const { clock, server, opened, states, session } = setup(["10.9.0.1:2181", "10.9.0.2:2181"]);
    clock.advance(10);
    const before = session.state.value;
    server.cut();
    clock.advance(200);
    expect(states).toEqual(["connecting", "connected", "disconnected", "connected"]);
    expect(session.state.value).toEqual(before);
    expect(new Set(opened.map(({ host }) => host)).size).toBe(2);
    expect(opened[1]).toMatchObject({ resume: { sessionId: "0000000000000001" }, seenZxid: server.newestZxid });
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
    expect(session.state.value).toEqual({ kind: "connected", sessionId: "0000000000000002" });
    expect(opened.at(-1)).toMatchObject({ resume: undefined, seenZxid: 0n });
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
    })({ servers: ["10.9.0.1:2181"], sessionTimeoutMs: 30_000, onWatch: () => undefined });
    clock.advance(6_000);
    handlers[0]?.up({ ticket: { sessionId: "1", password: "" }, sessionTimeoutMs: 30_000 });
    expect(session.state.value.kind).toBe("connecting");
  });
});
