import { seeded } from "@fairlead/shared";
import { FakeClock } from "@fairlead/shared/testing";
import { describe, expect, test } from "vitest";
import { AccessLog } from "../access-log.js";
import { Edge } from "../edge.js";
import type { ClusterOptions } from "../testing/rig.js";
import { Lab } from "./testing/lab.js";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const FAILED = "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n";
const GET = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";
const HEDGED: ClusterOptions = { route: { hedgePercent: 50 } };

/** Answers have taken 20 ms so far, and 200 requests have earned hedges. */
function warm(options: ClusterOptions = HEDGED, endpoints = 3, edge = new Edge()): Lab {
  const lab = new Lab(options, endpoints, edge);
  for (let asked = 0; asked < 200; asked++) {
    countersOf(lab).tail.record(20, 0);
    countersOf(lab).limits.began(0);
  }
  return lab;
}

function countersOf(lab: Lab) {
  const counters = lab.path.counters.get("shop");
  if (counters === undefined) throw new Error("no counters");
  return counters;
}

/** The second try has less time. */
function withoutTimeLeft(head: string | undefined): string | undefined {
  return head?.replace(/(X-Envoy-Expected-Rq-Timeout-Ms: ) *\d+/, "$1");
}

/** Counts that have to be balanced when nothing is under way. */
function leftOver(lab: Lab) {
  const { limits } = countersOf(lab);
  const open = lab.dialled.filter(({ wire, upstream }) => wire.ended === "open" && !lab.idle.includes(upstream)).length;
  const held = lab.states.reduce((sum, { inFlight, opening }) => sum + inFlight + opening, 0);
  return { ...{ open, held, busy: lab.busy }, inFlight: limits.inFlight, retrying: limits.retrying };
}
const NOTHING = { open: 0, held: 0, busy: 0, inFlight: 0, retrying: 0 };

/** The connection of this try ends. */
function broken(lab: Lab, at: number, code?: string): void {
  const { wire, upstream } = lab.dialled[at] ?? {};
  wire?.close();
  upstream?.onClosed(code);
}

/** A request whose first try has had its time. */
function waiting(lab: Lab, request = GET) {
  const { caller, wire } = lab.caller();
  wire.say(request);
  lab.clock.advance(40);
  return { caller, wire };
}

describe("a request that waits", () => {
  test("is asked of another endpoint too, the first answer is given, and the other try leaves no trace", () => {
    const lab = warm();
    const { wire } = waiting(lab);
    const [first, second] = lab.dialled;
    expect(lab.dialled).toHaveLength(2);
    expect(second?.upstream.endpoint).not.toBe(first?.upstream.endpoint);
    expect(withoutTimeLeft(second?.wire.heard)).toBe(withoutTimeLeft(first?.wire.heard));
    second?.wire.say(OK);
    expect(wire.heard).toMatch(/^HTTP\/1\.1 200 .*ok$/s);
    expect(first?.wire.ended).toBe("reset");
    expect(second?.wire.ended).toBe("open");
    expect(first?.upstream.endpoint).toSatisfy(({ cancelled, failures, tookMs }) => cancelled === 1 && failures === 0 && tookMs === 0);
    expect(countersOf(lab)).toMatchObject({ hedges: 1, hedgesWon: 1, hedgesDenied: 0, retries: 0 });
    expect(leftOver(lab)).toEqual(NOTHING);
  });

  test("has the first endpoint's answer if that comes first, also while the second is being connected", () => {
    for (const connects of [true, false]) {
      const lab = warm();
      const { wire } = lab.caller();
      wire.say(GET);
      lab.connects = connects;
      lab.clock.advance(40);
      lab.dialled[0]?.wire.say(OK);
      expect(wire.heard).toMatch(/^HTTP\/1\.1 200/);
      expect(lab.dialled[1]?.wire.ended).toBe("reset");
      expect(countersOf(lab)).toMatchObject({ hedges: 1, hedgesWon: 0 });
      expect(leftOver(lab)).toEqual(NOTHING);
    }
  });

  test.each([
    ["a broken connection", 0, (lab: Lab, at: number) => broken(lab, at)],
    ["a broken connection", 1, (lab: Lab, at: number) => broken(lab, at)],
    ["a 503", 0, (lab: Lab, at: number) => lab.dialled[at]?.wire.say(FAILED)],
    ["a 503", 1, (lab: Lab, at: number) => lab.dialled[at]?.wire.say(FAILED)],
  ])("with %s of try %i waits for the other, and begins no third", (_, at, fail) => {
    const lab = warm();
    const { wire } = waiting(lab);
    fail(lab, at);
    expect([wire.heard, lab.dialled.length]).toEqual(["", 2]);
    lab.dialled[1 - at]?.wire.say(OK);
    expect(wire.heard).toMatch(/^HTTP\/1\.1 200/);
    expect(leftOver(lab)).toEqual(NOTHING);
  });

  test("ends with one answer where both tries fail, and where both are too late", () => {
    const reset = warm();
    const ofBroken = waiting(reset);
    for (const at of [0, 1]) broken(reset, at);
    expect(ofBroken.wire.heard).toMatch(/^HTTP\/1\.1 502/);
    const late = warm({ route: { hedgePercent: 50, timeoutMs: 1_000 } });
    const ofLate = waiting(late);
    late.clock.advance(1_000);
    ofLate.caller.sweep(late.clock.nowMs());
    expect(ofLate.wire.heard).toMatch(/^HTTP\/1\.1 504/);
    for (const lab of [reset, late]) expect([lab.dialled.length, leftOver(lab)]).toEqual([2, NOTHING]);
  });

  test("says in the access log that it was asked of two", () => {
    const clock = new FakeClock();
    const lines: string[] = [];
    const output = { write: (text: string) => void lines.push(...text.trimEnd().split("\n")) };
    const accessLog = new AccessLog({ mode: "all", rate: 0, query: false }, { output, clock, rng: seeded(1) });
    const lab = warm(HEDGED, 3, new Edge({ accessLog }));
    waiting(lab);
    lab.dialled[1]?.wire.say(OK);
    lab.caller().wire.say(GET);
    for (const { wire, upstream } of lab.dialled) if (wire.ended === "open" && !lab.idle.includes(upstream)) wire.say(OK);
    clock.advance(1_000);
    expect(lines.map((line) => (JSON.parse(line) as { hedged?: boolean }).hedged)).toEqual([true, undefined]);
  });

  test("ends both tries when its caller leaves", () => {
    const lab = warm();
    const { caller } = waiting(lab);
    caller.onClosed();
    expect(lab.dialled.map(({ wire }) => wire.ended)).toEqual(["reset", "reset"]);
    expect(leftOver(lab)).toEqual(NOTHING);
  });
});

describe("no second try", () => {
  test.each<[string, ClusterOptions, string, number]>([
    ["where hedging is off", { route: { hedgePercent: 0 } }, GET, 3],
    ["where the route allows no second try", { route: { hedgePercent: 50, retryAttempts: 0 } }, GET, 3],
    ["of a method that is not idempotent", HEDGED, "POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n", 3],
    ["of a body that is gone", HEDGED, "PUT / HTTP/1.1\r\nHost: shop\r\nContent-Length: 1\r\n\r\nx", 3],
    ["of what may become a tunnel", HEDGED, "GET / HTTP/1.1\r\nHost: shop\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", 3],
    ["without another endpoint", HEDGED, GET, 1],
  ])("%s", (_, options, request, endpoints) => {
    const lab = warm(options, endpoints);
    waiting(lab, request);
    expect([lab.dialled.length, countersOf(lab).hedges]).toEqual([1, 0]);
  });

  test("before the time that 95 % take, or while nobody knows it", () => {
    const lab = warm();
    lab.caller().wire.say(GET);
    lab.clock.advance(15);
    expect(lab.dialled).toHaveLength(1);
    const unknown = new Lab(HEDGED, 3);
    waiting(unknown);
    expect(unknown.dialled).toHaveLength(1);
  });

  test("beyond the share of requests, which is counted; it goes on when there is room again", () => {
    const lab = warm({ route: { hedgePercent: 1 } });
    for (let request = 0; request < 4; request++) waiting(lab);
    expect(countersOf(lab)).toMatchObject({ hedges: 2, hedgesDenied: 2 });
    lab.clock.advance(20_000);
    for (let asked = 0; asked < 200; asked++) {
      countersOf(lab).tail.record(20, lab.clock.nowMs());
      countersOf(lab).limits.began(lab.clock.nowMs());
    }
    waiting(lab);
    expect(countersOf(lab)).toMatchObject({ hedges: 3, hedgesDenied: 2 });
  });

  test("beyond the retry budget", () => {
    const lab = warm();
    const { limits } = countersOf(lab);
    for (let retry = 0; retry < 3; retry++) limits.enterRetry(0, false);
    waiting(lab);
    expect(countersOf(lab)).toMatchObject({ hedges: 0, hedgesDenied: 1 });
  });

  test("in panic, and from the moment an operator switches it off", () => {
    const panicking = warm();
    const off = warm();
    for (const lab of [panicking, off]) lab.caller().wire.say(GET);
    const [one, other] = [panicking.table.get("shop"), off.table.get("shop")];
    if (one === undefined || other === undefined) throw new Error("no cluster");
    panicking.table.set("shop", { ...one, candidates: { ...one.candidates, mode: "panic" } });
    off.table.set("shop", { ...other, route: { ...other.route, hedgePercent: 0 } });
    for (const lab of [panicking, off]) {
      lab.clock.advance(40);
      expect(lab.dialled).toHaveLength(1);
    }
  });
});

test("whatever happens in whatever order, nothing is left over and every request has one answer", () => {
  const hedges = { begun: 0, won: 0 };
  for (let seed = 1; seed <= 60; seed++) {
    const rng = seeded(seed);
    const lab = warm(HEDGED, 4);
    const callers: ReturnType<Lab["caller"]>[] = [];
    for (let step = 0; step < 120; step++) {
      const at = Math.floor(rng.next() * lab.dialled.length);
      const dialled = lab.dialled[at];
      const isOpen = dialled?.wire.ended === "open" && !lab.idle.includes(dialled.upstream);
      const what = rng.next();
      lab.connects = rng.next() < 0.7;
      if (what < 0.25) {
        const caller = lab.caller();
        caller.wire.say(GET);
        callers.push(caller);
      } else if (what < 0.5) lab.clock.advance(15);
      else if (what < 0.55) callers[Math.floor(rng.next() * callers.length)]?.caller.onClosed();
      else if (!isOpen || dialled === undefined) continue;
      else if (!dialled.upstream.isConnected) what < 0.9 ? dialled.upstream.onConnected() : broken(lab, at, "ECONNREFUSED");
      else if (what < 0.8) dialled.wire.say(what < 0.6 ? FAILED : OK);
      else if (what < 0.9) broken(lab, at);
    }
    lab.clock.advance(20_000);
    for (const { caller } of callers) caller.sweep(lab.clock.nowMs());
    expect([seed, leftOver(lab)]).toEqual([seed, NOTHING]);
    for (const { wire } of callers) expect(wire.heard.split("HTTP/1.1 ").length - 1).toBeLessThanOrEqual(1);
    hedges.begun += countersOf(lab).hedges;
    hedges.won += countersOf(lab).hedgesWon;
  }
  expect(Math.min(hedges.begun - hedges.won, hedges.won)).toBeGreaterThan(20);
});
