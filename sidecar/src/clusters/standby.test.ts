import { Cell, seeded } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import { describe, expect, test } from "vitest";
import { newPicker } from "../balancer/index.js";
import type { AppliedResources, Assignment, EndpointState, HealthVerdict, UpstreamEndpoint } from "../endpoint/index.js";
import { assignmentOf, clusterConfig } from "../endpoint/testing/cluster.js";
import { pickingBy } from "../endpoint/testing/picking.js";
import { stateAt } from "../endpoint/testing/state-at.js";
import { connectEjection } from "../resilience/index.js";
import { Clusters } from "./clusters.js";
import { STANDBY_MS } from "./standby.js";
import type { VerdictAge } from "./verdict-age.js";

const CONFIG = clusterConfig({ picking: pickingBy("least-request") });
const endpoint = (octet: number, health: HealthVerdict = "healthy"): UpstreamEndpoint => ({ ...stateAt(octet).endpoint, health });
const octetOf = ({ endpoint: { ip } }: EndpointState) => Number(ip.split(".")[3]);

function setUp() {
  const applied = new Cell<AppliedResources>({ clusters: new Map(), assignments: new Map(), routes: new Map() });
  const clock = new FakeClock();
  const log = new RecordedLog();
  const clusters = new Clusters({
    applied,
    verdicts: new Cell<VerdictAge>({ kind: "current" }),
    newPicker: ({ picking }, { groups }, memory) => newPicker({ picking, groups }, { rng: seeded(1), ejection: connectEjection, memory }),
    clock,
    log,
  });
  const shop = () => {
    const cluster = clusters.table.value.get("shop");
    if (cluster === undefined) throw new Error("shop is not active");
    return cluster;
  };
  const shopIs = (endpoints: readonly UpstreamEndpoint[], change: Partial<Assignment> = {}) => {
    applied.set({
      ...applied.value,
      clusters: new Map([["shop", CONFIG]]),
      assignments: new Map([["shop", assignmentOf(endpoints, change)]]),
    });
  };
  /** Who gets a request that has failed at `tried`. */
  const picked = (...tried: readonly number[]) => {
    const exclude = tried.map((octet) => stateAt(octet).endpoint.id);
    const pick = shop().picker.pick({ nowMs: clock.nowMs(), exclude });
    return pick.kind === "picked" ? octetOf(pick.lease.endpoint) : pick.reason;
  };
  const standby = () => shop().standby.map(octetOf);
  const said = () => log.lines.map(({ event }) => event).filter((event) => event.startsWith("cluster-"));
  return { clock, clusters, shop, shopIs, picked, standby, said };
}

const oneTo = (last: number) => Array.from({ length: last }, (_, index) => endpoint(index + 1));

describe("a collapse", () => {
  test("is applied, and those it took stand by for a minute, called when nobody of the rest can be", () => {
    const { clock, shop, shopIs, picked, standby, said } = setUp();
    shopIs(oneTo(5));
    shopIs([endpoint(1), endpoint(9)]);
    expect(shop().endpoints.map(octetOf)).toEqual([1, 9]);
    expect(standby()).toEqual([2, 3, 4, 5]);
    for (let request = 0; request < 50; request++) expect([1, 9]).toContain(picked());
    expect([2, 3, 4, 5]).toContain(picked(1, 9));
    clock.advance(STANDBY_MS - 1);
    expect([2, 3, 4, 5]).toContain(picked(1, 9));
    clock.advance(1);
    expect(standby()).toEqual([]);
    expect(picked(1, 9)).toBe("no-endpoints");
    expect(said()).toEqual(["cluster-collapsed", "cluster-standby-over"]);
    expect(shop().collapses).toBe(1);
  });

  test("to nobody leaves those who were there, in a mode of its own", () => {
    const { clock, shop, shopIs, picked, said } = setUp();
    shopIs([endpoint(1)]);
    shopIs([]);
    expect(shop().candidates.mode).toBe("standby");
    expect(picked()).toBe(1);
    clock.advance(STANDBY_MS);
    expect(shop().candidates.mode).toBe("none");
    expect(picked()).toBe("no-endpoints");
    expect(said()).toEqual(["cluster-collapsed", "cluster-mode", "cluster-standby-over", "cluster-mode"]);
  });

  test("in which the rest cannot be connected to is survived by those who stand by", () => {
    const { shop, shopIs, picked } = setUp();
    shopIs(oneTo(6));
    shopIs([endpoint(1)]);
    const [left] = shop().endpoints;
    if (left !== undefined) left.ejectedUntilMs = 1_000;
    expect([2, 3, 4, 5, 6]).toContain(picked());
  });

  test("is no collapse any more when the control plane has confirmed it, at once or later", () => {
    const { shopIs, standby, said, picked, shop } = setUp();
    shopIs(oneTo(5));
    shopIs([], { confirmed: true });
    expect(standby()).toEqual([]);
    expect(said()).toEqual(["cluster-mode"]);
    shopIs(oneTo(5));
    shopIs([]);
    expect(standby()).toEqual([1, 2, 3, 4, 5]);
    shopIs([], { confirmed: true });
    expect(picked()).toBe("no-endpoints");
    expect(shop().standby).toEqual([]);
  });

  test("leaves out whoever was draining or unhealthy", () => {
    const { shopIs, standby } = setUp();
    shopIs([endpoint(1), endpoint(2, "draining"), endpoint(3, "unhealthy"), endpoint(4, "unknown")]);
    shopIs([]);
    expect(standby()).toEqual([1, 4]);
  });

  test("in steps is one, counted from what there was, and each step has a minute of its own", () => {
    const { clock, shopIs, standby } = setUp();
    shopIs(oneTo(10));
    shopIs(oneTo(4));
    clock.advance(30_000);
    shopIs(oneTo(3));
    expect(standby()).toEqual([10, 4, 5, 6, 7, 8, 9]);
    clock.advance(30_000);
    expect(standby()).toEqual([4]);
    clock.advance(30_000);
    expect(standby()).toEqual([]);
  });

  test("ends for whoever comes back, with what was learnt of it", () => {
    const { shop, shopIs, standby } = setUp();
    shopIs(oneTo(5));
    const learnt = shop().endpoints.slice();
    shopIs([]);
    shopIs([endpoint(2), endpoint(3)]);
    expect(standby()).toEqual([1, 4, 5]);
    expect(shop().endpoints).toEqual([learnt[1], learnt[2]]);
    expect(shop().endpoints[0]).toBe(learnt[1]);
    shopIs(oneTo(5));
    expect(standby()).toEqual([]);
  });

  test("is counted and said for each step, also one in which as many come back or have had their time as are lost", () => {
    const { clock, shop, shopIs, standby, said } = setUp();
    shopIs(oneTo(10));
    shopIs(oneTo(4));
    clock.advance(30_000);
    shopIs([endpoint(10), endpoint(9), endpoint(8)]);
    expect(standby()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    shopIs([endpoint(1), endpoint(2), endpoint(3)]);
    expect(standby()).toEqual([10, 4, 5, 6, 7, 8, 9]);
    expect(shop().collapses).toBe(3);
    expect(said().filter((event) => event === "cluster-collapsed")).toHaveLength(3);
  });

  test.each([
    ["half of a service", 6, 3],
    ["most of less than five", 4, 1],
    ["somebody of many", 10, 9],
  ])("is not the loss of %s", (_, before, after) => {
    const { shopIs, standby, said } = setUp();
    shopIs(oneTo(before));
    shopIs(oneTo(after));
    expect(standby()).toEqual([]);
    expect(said()).toEqual([]);
  });

  test("keeps the table's references while nothing changes, and leaves no timer behind", async () => {
    const { clock, clusters, shop, shopIs } = setUp();
    shopIs(oneTo(5));
    shopIs([]);
    const collapsed = shop();
    clock.advance(1_000);
    expect(shop()).toBe(collapsed);
    await clusters.close();
    expect(clock.pendingCount).toBe(0);
  });
});
