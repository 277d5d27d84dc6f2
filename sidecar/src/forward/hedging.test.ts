import { seeded } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import { describe, expect, test } from "vitest";
import type { ActiveCluster } from "../clusters/index.js";
import { ClusterCounters } from "./cluster-counters.js";
import type { Try } from "./engine.js";
import { hedgeDueMs, isHedgeable } from "./hedging.js";
import { LimitHits } from "./limits.js";
import { LoadShed, SHED_DEFAULTS } from "./load-shed.js";
import { ForwardPath } from "./request-path.js";
import { clusterOf, stateAt } from "./testing/rig.js";

const HEAD = { method: "GET", hostName: "shop", path: "/", headers: [], callerTimeoutMs: Number.POSITIVE_INFINITY };

/** A request that waits for its first answer; hundreds before it took 20 ms. */
function waiting(shed?: LoadShed): { readonly path: ForwardPath; readonly cluster: ActiveCluster; readonly attempt: Try } {
  const cluster = clusterOf("shop", [stateAt(1), stateAt(2)], { route: { hedgePercent: 50 } });
  const routing = { upstreams: new Set(["shop"]), hosts: new Map<string, string>() };
  const path = new ForwardPath({ table: () => new Map([["shop", cluster]]), routing, rng: seeded(1), ...(shed && { shed }) });
  const counters = path.counters.get("shop") ?? new ClusterCounters();
  for (let asked = 0; asked < 200; asked++) {
    counters.tail.record(20, 0);
    counters.limits.began(0);
  }
  const decision = path.begin({ head: HEAD, route: { kind: "service", service: "shop" }, peerIp: "10.1.1.1" }, 0);
  if (decision.kind !== "try") throw new Error(decision.kind);
  return { path, cluster, attempt: decision.attempt };
}

describe("a second try", () => {
  test("is due after what 95 % of answers take", () => {
    const { attempt } = waiting();
    expect(hedgeDueMs(attempt, 100)).toSatisfy((dueMs: number) => dueMs >= 120 && dueMs < 125);
  });

  test("is never due after the deadline, nor where a key stays with its endpoint", () => {
    const { attempt } = waiting();
    expect(hedgeDueMs(attempt, attempt.deadlineMs - 1)).toBeUndefined();
    expect(hedgeDueMs(Object.assign(attempt, { affinity: {} }), 100)).toBeUndefined();
  });

  test.each<[string, (attempt: Try, cluster: ActiveCluster) => readonly [Try, ActiveCluster]]>([
    ["where a key stays with its endpoint", (attempt, cluster) => [Object.assign(attempt, { affinity: {} }), cluster]],
    ["in panic", (attempt, cluster) => [attempt, { ...cluster, candidates: { ...cluster.candidates, mode: "panic" } }]],
    ["while verdicts are too old to be believed", (attempt, cluster) => [attempt, { ...cluster, verdictsExpired: true }]],
    ["where it was switched off", (attempt, cluster) => [attempt, { ...cluster, route: { ...cluster.route, hedgePercent: 0 } }]],
    [
      "while others wait for a place",
      (attempt, cluster) => {
        attempt.counters.queued = 1;
        return [attempt, cluster];
      },
    ],
  ])("does not begin %s", (_, changed) => {
    const { attempt, cluster } = waiting();
    expect(isHedgeable(attempt, cluster, 40)).toBe(true);
    expect(isHedgeable(...changed(attempt, cluster), 40)).toBe(false);
  });

  test("does not begin while load is shed, and may again afterwards", () => {
    const clock = new FakeClock();
    const settings = { ...SHED_DEFAULTS, maxInFlight: 1 };
    const shed = new LoadShed(settings, { probe: undefined, limits: new LimitHits(), clock, log: new RecordedLog() });
    const { path, attempt } = waiting(shed);
    expect([shed.refuses(), path.hedge(attempt, 40)]).toEqual([true, undefined]);
    shed.setMode("off");
    expect(path.hedge(attempt, 40)?.lease.endpoint).not.toBe(attempt.lease.endpoint);
  });
});
