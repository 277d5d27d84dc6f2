import { seeded } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import type { Outcome } from "../balancer/index.js";
import type { ClusterTable } from "../clusters/index.js";
import type { EndpointState } from "../endpoint/index.js";
import { pickingBy } from "../endpoint/testing/picking.js";
import type { Arrival, Decision, Try, Waiting } from "./engine.js";
import { ForwardPath } from "./request-path.js";
import { type ClusterOptions, clusterOf, stateAt } from "./testing/rig.js";

const REFUSED: Outcome = { kind: "failure", code: "connect-refused", sent: false };
const RESET: Outcome = { kind: "failure", code: "reset", sent: true };
const SUCCESS: Outcome = { kind: "success", status: 200 };

function arrival(change: Partial<Arrival["head"]> = {}): Arrival {
  const head = { method: "GET", hostName: "shop", path: "/", headers: [], callerTimeoutMs: Number.POSITIVE_INFINITY, ...change };
  return { head, route: { kind: "host" }, peerIp: "127.0.0.1" };
}

function pathOver(endpoints: readonly EndpointState[], options?: ClusterOptions): ForwardPath {
  const table: ClusterTable = new Map([["shop", clusterOf("shop", endpoints, options)]]);
  return new ForwardPath({ table: () => table, routing: { upstreams: new Set(["shop", "cart"]), hosts: new Map() }, rng: seeded(1) });
}

function attemptOf(decision: Decision): Try {
  if (decision.kind !== "try") throw new Error(`decided ${JSON.stringify(decision)}`);
  return decision.attempt;
}

function waitingOf(decision: Decision): Waiting {
  if (decision.kind !== "wait") throw new Error(`decided ${JSON.stringify(decision)}`);
  return decision.waiting;
}

function answered(decision: Decision): unknown {
  return decision.kind === "answer" ? [decision.reply.status, decision.reply.reason] : decision.kind;
}

const portOf = (attempt: Try) => attempt.lease.endpoint.endpoint.port;

describe("what becomes of a request", () => {
  test("a good one is tried with a deadline, and its end leaves nothing in flight", () => {
    const state = stateAt(1);
    const path = pathOver([state], { route: { timeoutMs: 500 } });
    const attempt = attemptOf(path.begin(arrival(), 100));
    expect(attempt.deadlineMs).toBe(600);
    expect(state.inFlight).toBe(1);
    expect(path.outcome(attempt, SUCCESS, 150)).toEqual({ kind: "done" });
    expect(state.inFlight).toBe(0);
    expect(path.counters.get("shop")?.limits.inFlight).toBe(0);
    expect(path.counters.get("shop")?.finished[2]).toBe(1);
  });

  test("what its caller says shortens its deadline and never lengthens it; a try may have a shorter one, that of the next begins anew", () => {
    const path = pathOver([stateAt(1), stateAt(2)], { route: { timeoutMs: 500, perTryTimeoutMs: 300 } });
    expect(attemptOf(path.begin(arrival({ callerTimeoutMs: 200 }), 100)).deadlineMs).toBe(300);
    expect(attemptOf(path.begin(arrival({ callerTimeoutMs: 900 }), 100)).deadlineMs).toBe(600);
    const attempt = attemptOf(path.begin(arrival(), 100));
    expect([attempt.tryDueMs, attempt.leftMs(150.5), attempt.leftMs(399.9)]).toEqual([400, 249, 1]);
    path.outcome(attempt, { kind: "failure", code: "timeout", sent: true }, 400);
    expect([attempt.tries, attempt.tryDueMs, attempt.leftMs(400)]).toEqual([2, 600, 200]);
  });

  test.each<[string, Partial<Arrival["head"]>, unknown]>([
    ["one for a Host nobody routes", { hostName: "nobody" }, [404, "no-route"]],
    ["one for an upstream without a cluster yet", { hostName: "cart" }, [503, "not-ready"]],
  ])("%s is answered here", (_, change, expected) => {
    const path = pathOver([stateAt(1)]);
    expect(answered(path.begin(arrival(change), 0))).toEqual(expected);
    expect([...path.replies.values()].reduce((sum, count) => sum + count, 0)).toBe(1);
  });

  test("without endpoints it is answered 503 and takes no place", () => {
    const path = pathOver([]);
    expect(answered(path.begin(arrival(), 0))).toEqual([503, "no-endpoints"]);
    expect(path.counters.get("shop")?.limits.inFlight).toBe(0);
  });

  test("beyond the cluster's limit it waits, and beyond as many as wait it is answered 503 before anything is sent", () => {
    const path = pathOver([stateAt(1)], { config: { maxRequests: 2 }, route: { timeoutMs: 10_000 } });
    const under = [1, 2].map(() => attemptOf(path.begin(arrival(), 0)));
    const waiting = [1, 2].map(() => waitingOf(path.begin(arrival(), 100)));
    expect(answered(path.begin(arrival(), 100))).toEqual([503, "overloaded"]);
    expect(path.counters.get("shop")).toMatchObject({ queued: 2, queuedTotal: 2, limits: { inFlight: 2 } });
    const turns: [number, Decision][] = [];
    for (const [index, one] of waiting.entries()) one.onTurn = (decision) => turns.push([index, decision]);
    path.outcome(under[0] as Try, SUCCESS, 300);
    expect(turns.map(([index]) => index)).toEqual([0]);
    const next = attemptOf(turns[0]?.[1] as Decision);
    expect([next.beganMs, next.deadlineMs]).toEqual([100, 10_100]);
    path.outcome(next, SUCCESS, 400);
    expect(turns.map(([index]) => index)).toEqual([0, 1]);
    expect(path.counters.get("shop")).toMatchObject({ queued: 0, limits: { inFlight: 2 } });
  });

  test("one that has waited for too long is answered 503, one whose caller left is not, and neither gets a turn", () => {
    const path = pathOver([stateAt(1)], { config: { maxRequests: 2 } });
    const under = [1, 2].map(() => attemptOf(path.begin(arrival(), 0)));
    const [late, gone] = [1, 2].map(() => waitingOf(path.begin(arrival(), 0))) as [Waiting, Waiting];
    late.onTurn = gone.onTurn = () => expect.unreachable();
    expect(late.dueMs).toBe(1_000);
    expect(answered(late.end(true))).toEqual([503, "overloaded"]);
    expect(gone.end(false).kind).toBe("done");
    for (const attempt of under) path.outcome(attempt, SUCCESS, 1_000);
    expect(path.counters.get("shop")).toMatchObject({ queued: 0, limits: { inFlight: 0 } });
    expect(path.begin(arrival(), 1_000).kind).toBe("try");
  });

  test("those who wait for endpoints that are gone by their turn are all answered", () => {
    const states = [stateAt(1)];
    let table: ClusterTable = new Map([["shop", clusterOf("shop", states, { config: { maxRequests: 3 } })]]);
    const path = new ForwardPath({ table: () => table, routing: { upstreams: new Set(["shop"]), hosts: new Map() }, rng: seeded(1) });
    const under = [1, 2, 3].map(() => attemptOf(path.begin(arrival(), 0)));
    const turns: Decision[] = [];
    for (let request = 0; request < 3; request++) waitingOf(path.begin(arrival(), 0)).onTurn = (decision) => turns.push(decision);
    table = new Map([["shop", clusterOf("shop", [], { config: { maxRequests: 3 } })]]);
    path.outcome(under[0] as Try, SUCCESS, 1);
    expect(turns.map(answered)).toEqual(Array(3).fill([503, "no-endpoints"]));
    expect(path.counters.get("shop")?.limits.inFlight).toBe(2);
  });
});

describe("after a failure", () => {
  test("a request that was never sent goes to another endpoint, whatever its method", () => {
    const path = pathOver([stateAt(1), stateAt(2)]);
    const attempt = attemptOf(path.begin(arrival({ method: "POST" }), 0));
    const first = portOf(attempt);
    expect(attemptOf(path.outcome(attempt, REFUSED, 1))).toBe(attempt);
    expect(portOf(attempt)).not.toBe(first);
    expect(path.outcome(attempt, SUCCESS, 2).kind).toBe("done");
    const counters = path.counters.get("shop");
    expect(counters).toMatchObject({ retries: 1, limits: { inFlight: 0, retrying: 0 } });
  });

  test("a POST that was sent is answered 502, a GET goes elsewhere", () => {
    const post = pathOver([stateAt(1), stateAt(2)]);
    expect(answered(post.outcome(attemptOf(post.begin(arrival({ method: "POST" }), 0)), RESET, 1))).toEqual([502, "upstream-reset"]);
    const get = pathOver([stateAt(1), stateAt(2)]);
    expect(get.outcome(attemptOf(get.begin(arrival(), 0)), RESET, 1).kind).toBe("try");
  });

  test("a body already taken, or an answer begun, cannot be tried again", () => {
    const put = pathOver([stateAt(1), stateAt(2)]);
    const taken = attemptOf(put.begin(arrival({ method: "PUT" }), 0));
    taken.bodyTaken = true;
    expect(answered(put.outcome(taken, RESET, 1))).toEqual([502, "upstream-reset"]);
    const get = pathOver([stateAt(1), stateAt(2)]);
    const begun = attemptOf(get.begin(arrival(), 0));
    begun.answerBegan(200, 0);
    expect(get.outcome(begun, RESET, 1).kind).toBe("done");
    expect(get.counters.get("shop")?.finished[0]).toBe(1);
  });

  test("connects that fail are tried at every endpoint once, then answered 502", () => {
    const states = [stateAt(1), stateAt(2), stateAt(3)];
    const path = pathOver(states);
    let decision = path.begin(arrival(), 0);
    const ports: number[] = [];
    while (decision.kind === "try") {
      ports.push(portOf(decision.attempt));
      decision = path.outcome(decision.attempt, REFUSED, 1);
    }
    expect(ports.sort()).toEqual([1, 2, 3]);
    expect(answered(decision)).toEqual([502, "upstream-unreachable"]);
    expect(states.map((state) => state.inFlight)).toEqual([0, 0, 0]);
    expect(path.counters.get("shop")?.limits).toMatchObject({ inFlight: 0, retrying: 0 });
  });

  test("past its deadline a request is answered 504 and not tried again", () => {
    const path = pathOver([stateAt(1), stateAt(2)], { route: { timeoutMs: 100 } });
    const attempt = attemptOf(path.begin(arrival(), 0));
    expect(answered(path.outcome(attempt, { kind: "failure", code: "timeout", sent: true }, 100))).toEqual([504, "upstream-timeout"]);
  });

  test("retries beyond the budget are refused, and those that ended make room", () => {
    const path = pathOver([stateAt(1), stateAt(2)]);
    const attempts = [1, 2, 3, 4].map(() => attemptOf(path.begin(arrival(), 0)));
    const decisions = attempts.map((attempt) => path.outcome(attempt, RESET, 1).kind);
    expect(decisions).toEqual(["try", "try", "try", "answer"]);
    expect(path.counters.get("shop")?.retriesDenied).toBe(1);
    path.outcome(attempts[0] as Try, SUCCESS, 2);
    expect(path.outcome(attemptOf(path.begin(arrival(), 2)), RESET, 3).kind).toBe("try");
  });

  test("requests that were never sent go elsewhere whatever the budget", () => {
    const path = pathOver([stateAt(1), stateAt(2)]);
    const attempts = Array.from({ length: 50 }, () => attemptOf(path.begin(arrival(), 0)));
    expect(new Set(attempts.map((attempt) => path.outcome(attempt, REFUSED, 1).kind))).toEqual(new Set(["try"]));
    expect(path.counters.get("shop")).toMatchObject({ retries: 50, retriesDenied: 0, limits: { retrying: 0 } });
  });

  test("the answer says how often it was tried again here", () => {
    const path = pathOver([stateAt(1), stateAt(2)]);
    const retriedOf = (decision: Decision) => {
      const headers = decision.kind === "answer" ? decision.reply.headers : [];
      return headers[headers.indexOf("X-Fairlead-Retried") + 1];
    };
    const attempt = attemptOf(path.begin(arrival(), 0));
    path.outcome(attempt, RESET, 1);
    expect([attempt.retriedLine(503), attempt.retriedLine(404)]).toEqual(["X-Fairlead-Retried: 1\r\n", undefined]);
    expect(retriedOf(path.outcome(attempt, RESET, 2))).toBe("1");
    expect(retriedOf(path.outcome(attemptOf(path.begin(arrival({ method: "POST" }), 3)), RESET, 4))).toBe("0");
  });

  test("the only endpoint is tried again only after a keep-alive race", () => {
    const path = pathOver([stateAt(1)]);
    const fresh = attemptOf(path.begin(arrival(), 0));
    expect(answered(path.outcome(fresh, RESET, 1))).toEqual([502, "upstream-reset"]);
    const reused = attemptOf(path.begin(arrival(), 0));
    reused.reused = true;
    expect(path.outcome(reused, RESET, 1).kind).toBe("try");
    expect(answered(path.outcome(reused, RESET, 1))).toEqual([502, "upstream-reset"]);
  });

  test("the next try picks from the table as it is by then", () => {
    const [dead, alive] = [stateAt(1), stateAt(2)];
    let table: ClusterTable = new Map([["shop", clusterOf("shop", [dead])]]);
    const path = new ForwardPath({ table: () => table, routing: { upstreams: new Set(["shop"]), hosts: new Map() }, rng: seeded(1) });
    const attempt = attemptOf(path.begin(arrival(), 0));
    table = new Map([["shop", clusterOf("shop", [alive])]]);
    expect(portOf(attemptOf(path.outcome(attempt, REFUSED, 1)))).toBe(2);
  });

  test("two connect failures make the endpoint passed over", () => {
    const [dead, alive] = [stateAt(1), stateAt(2)];
    const path = pathOver([dead, alive]);
    for (let request = 0; request < 20; request++) {
      let decision = path.begin(arrival(), 0);
      while (decision.kind === "try") decision = path.outcome(decision.attempt, portOf(decision.attempt) === 1 ? REFUSED : SUCCESS, 0);
      expect(decision.kind).toBe("done");
    }
    expect(dead.connectFailuresTotal).toBe(2);
    expect(alive.successes).toBe(20);
  });
});

describe("a try that waits for an endpoint which is unhealthy by now", () => {
  /** Of the default 15 s; a third is over at 5 s. */
  const BEGAN_MS = 0;
  const PATIENT_MS = 4_999;
  const STRANDED_MS = 5_000;

  function waiting(change: Partial<Arrival["head"]> = {}, options?: ClusterOptions) {
    const states = [stateAt(1), stateAt(2)];
    const path = pathOver(states, options);
    const attempt = attemptOf(path.begin(arrival(change), BEGAN_MS));
    const { endpoint } = attempt.lease;
    endpoint.endpoint = { ...endpoint.endpoint, health: "unhealthy" };
    return { path, attempt, states };
  }

  test("is stranded after a third of the time-out, and its request then goes to another", () => {
    const { path, attempt } = waiting();
    const first = portOf(attempt);
    expect(path.isStranded(attempt, PATIENT_MS)).toBe(false);
    expect(path.isStranded(attempt, STRANDED_MS)).toBe(true);
    expect(path.outcome(attempt, { kind: "failure", code: "timeout", sent: true }, STRANDED_MS).kind).toBe("try");
    expect(portOf(attempt)).not.toBe(first);
    expect(path.isStranded(attempt, STRANDED_MS)).toBe(false);
  });

  test("waits on when the endpoint is healthy again", () => {
    const { path, attempt } = waiting();
    const { endpoint } = attempt.lease;
    endpoint.endpoint = { ...endpoint.endpoint, health: "healthy" };
    expect(path.isStranded(attempt, STRANDED_MS)).toBe(false);
  });

  test.each<[string, Partial<Arrival["head"]>, ClusterOptions]>([
    ["it could have an effect twice", { method: "POST" }, {}],
    ["the route allows no retry", {}, { route: { retryAttempts: 0 } }],
  ])("waits on when %s", (_, change, options) => {
    const { path, attempt } = waiting(change, options);
    expect(path.isStranded(attempt, STRANDED_MS)).toBe(false);
  });

  test("waits on when its answer has begun, when the retry budget is spent, and when there is nobody else", () => {
    const { path, attempt } = waiting();
    const { limits } = attempt.counters;
    for (let place = 0; place < 3; place++) limits.enterRetry(STRANDED_MS, false);
    expect(path.isStranded(attempt, STRANDED_MS)).toBe(false);
    for (let place = 0; place < 3; place++) limits.leaveRetry();
    expect(path.isStranded(attempt, STRANDED_MS)).toBe(true);
    attempt.answered = true;
    expect(path.isStranded(attempt, STRANDED_MS)).toBe(false);
    attempt.answered = false;
    attempt.tried.push(...[1, 2].map((port) => stateAt(port).endpoint.id));
    expect(path.isStranded(attempt, STRANDED_MS)).toBe(false);
  });
});

describe("where the policy hashes", () => {
  const states = () => Array.from({ length: 10 }, (_, index) => stateAt(index + 1));
  const picking = pickingBy("maglev", { tableSize: 4_093 });
  const seat = { kind: "cookie", name: "seat", terminal: false, make: { maxAgeS: 60, path: "/" } } as const;
  const withCookie = (value: string) => arrival({ headers: ["Host", "shop", "Cookie", value] });
  const cookieOf = (attempt: Try) => attempt.setCookie?.split(";")[0] ?? "";

  test("the same key has the same endpoint, a retry another, and without a key everybody gets some", () => {
    const hashOn = [{ kind: "header", name: "x-user", terminal: false }] as const;
    const path = pathOver(states(), { config: { picking }, route: { hashOn } });
    const byAnn = arrival({ headers: ["Host", "shop", "X-User", "ann"] });
    const ports = Array.from({ length: 5 }, () => portOf(attemptOf(path.begin(byAnn, 0))));
    expect(new Set(ports).size).toBe(1);
    const attempt = attemptOf(path.begin(byAnn, 0));
    path.outcome(attempt, REFUSED, 1);
    expect(portOf(attempt)).not.toBe(ports[0]);
    const keyless = Array.from({ length: 30 }, () => portOf(attemptOf(path.begin(arrival(), 0))));
    expect(new Set(keyless).size).toBeGreaterThan(5);
  });

  test("a seat stays at its endpoint when others come, and moves with a new cookie when it is gone", () => {
    const all = states();
    const few = all.slice(0, 3);
    let table: ClusterTable = new Map([["shop", clusterOf("shop", few, { config: { picking }, route: { hashOn: [seat] } })]]);
    const path = new ForwardPath({ table: () => table, routing: { upstreams: new Set(["shop"]), hosts: new Map() }, rng: seeded(4) });
    const seats = Array.from({ length: 30 }, () => {
      const attempt = attemptOf(path.begin(arrival(), 0));
      return { port: portOf(attempt), cookie: cookieOf(attempt) };
    });
    table = new Map([["shop", clusterOf("shop", all, { config: { picking }, route: { hashOn: [seat] } })]]);
    for (const { port, cookie } of seats) {
      const attempt = attemptOf(path.begin(withCookie(cookie), 1));
      expect([portOf(attempt), attempt.setCookie]).toEqual([port, undefined]);
    }
    table = new Map([["shop", clusterOf("shop", all.slice(3), { config: { picking }, route: { hashOn: [seat] } })]]);
    for (const { cookie } of seats) {
      const moved = attemptOf(path.begin(withCookie(cookie), 2));
      expect(portOf(moved)).toBeGreaterThan(3);
      const stays = attemptOf(path.begin(withCookie(cookieOf(moved)), 3));
      expect([portOf(stays), stays.setCookie]).toEqual([portOf(moved), undefined]);
    }
  });

  test("no cookie is made for another policy", () => {
    const path = pathOver(states(), { route: { hashOn: [seat] } });
    expect(attemptOf(path.begin(arrival(), 0)).setCookie).toBeUndefined();
  });
});
