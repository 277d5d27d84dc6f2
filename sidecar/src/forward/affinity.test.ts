import { seeded } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import { seatToken } from "../balancer/index.js";
import type { HashOn } from "../endpoint/index.js";
import { stateAt } from "../endpoint/testing/state-at.js";
import { affinityOf, setCookie } from "./affinity.js";
import type { RequestFacts } from "./engine.js";

const HEADER: HashOn = { kind: "header", name: "x-user", terminal: false };
const COOKIE: HashOn = { kind: "cookie", name: "seat", terminal: false, make: undefined };
const MADE: HashOn = { kind: "cookie", name: "seat", terminal: false, make: { maxAgeS: 60, path: "/" } };
const SOURCE: HashOn = { kind: "source-ip", terminal: false };
const QUERY: HashOn = { kind: "query", name: "id", terminal: false };

function of(hashOn: readonly HashOn[], headers: readonly string[] = [], { path = "/", peerIp = "10.1.1.1" } = {}) {
  const head: RequestFacts = { method: "GET", path, hostName: "shop", headers, callerTimeoutMs: Number.POSITIVE_INFINITY };
  return affinityOf(hashOn, head, { peerIp, rng: seeded(1) });
}

describe("the key of a request", () => {
  test.each<[string, HashOn, readonly string[], readonly string[]]>([
    ["a header, whatever the case of its name", HEADER, ["X-User", "ann"], ["x-user", "ann"]],
    ["a cookie among others, quoted or not", COOKIE, ["Cookie", 'a=1; seat="7"; b=2'], ["cookie", "seat=7"]],
  ])("is %s", (_, part, one, same) => {
    expect(of([part], one).hash).toBe(of([part], same).hash);
    expect(of([part], one).hash).not.toBe(of([part], [one[0] ?? "", "seat=other"]).hash);
  });

  test("is the source address, or a part of the query", () => {
    expect(of([SOURCE]).hash).not.toBe(of([SOURCE], [], { peerIp: "10.1.1.2" }).hash);
    expect(of([QUERY], [], { path: "/a?x=1&id=7" }).hash).toBe(of([QUERY], [], { path: "/b?id=7" }).hash);
    expect(of([QUERY], [], { path: "/a?ident=7" }).hash).toBeUndefined();
  });

  test("is none where the request brings none of it", () => {
    expect(of([HEADER, COOKIE]).hash).toBeUndefined();
    expect(of([])).toEqual({ hash: undefined, seat: undefined, cookie: undefined });
  });

  test("is of all parts found, up to a terminal one that is found", () => {
    const headers = ["X-User", "ann", "Cookie", "seat=7"];
    expect(of([HEADER, COOKIE], headers).hash).not.toBe(of([HEADER], headers).hash);
    expect(of([{ ...HEADER, terminal: true }, COOKIE], headers).hash).toBe(of([HEADER], headers).hash);
    expect(of([{ ...HEADER, terminal: true }, COOKIE], ["Cookie", "seat=7"]).hash).toBe(of([COOKIE], ["Cookie", "seat=7"]).hash);
  });
});

describe("a cookie that is ours to make", () => {
  const state = stateAt(1);

  test("is made where the caller has none, and names the endpoint that answered without telling its address", () => {
    const made = setCookie(of([MADE]), state);
    expect(made).toBe(`seat=${of([MADE]).cookie?.key}.${seatToken(state)}; Max-Age=60; Path=/; HttpOnly`);
    expect(made).not.toContain("10.0.0.1");
  });

  test("is understood when it comes back, and not made again while the same endpoint answers", () => {
    const value = setCookie(of([MADE]), state)?.split(";")[0] ?? "";
    const again = of([MADE], ["Cookie", value]);
    expect([again.hash, again.seat]).toEqual([of([MADE]).hash, seatToken(state)]);
    expect(setCookie(again, state)).toBeUndefined();
    expect(setCookie(again, stateAt(2))).toContain(`seat=${again.cookie?.key}.${seatToken(stateAt(2))};`);
  });

  test("that holds somebody else's value is hashed and left alone", () => {
    const foreign = of([MADE], ["Cookie", "seat=abc"]);
    expect(foreign.hash).toBe(of([COOKIE], ["Cookie", "seat=abc"]).hash);
    expect([foreign.seat, setCookie(foreign, state)]).toEqual([undefined, undefined]);
  });

  test("without age lives as long as the caller remembers it", () => {
    const seat: HashOn = { ...MADE, make: { maxAgeS: 0, path: "" } };
    expect(setCookie(of([seat]), state)).toMatch(/^seat=[0-9a-f]{16}\.[0-9a-f]{16}; HttpOnly$/);
  });

  test("is another for a new instance at the same address, which knows nothing of the caller", () => {
    const restarted = stateAt(1);
    restarted.endpoint = { ...restarted.endpoint, instance: "pod-2" };
    expect(seatToken(restarted)).not.toBe(seatToken(state));
  });
});
