import { Cell, endpointId } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Picker } from "../balancer/index.js";
import type { AppliedResources, ClusterConfig, EndpointState, HealthVerdict, RouteConfig, UpstreamEndpoint } from "../endpoint/index.js";
import { assignmentOf, clusterConfig } from "../endpoint/testing/cluster.js";
import type { ActiveCluster } from "./active-cluster.js";
import type { Candidates } from "./candidates.js";
import { Clusters } from "./clusters.js";
import { type VerdictAge, verdictAge } from "./verdict-age.js";

const NOTHING: AppliedResources = { clusters: new Map(), assignments: new Map(), routes: new Map() };

function endpoint(octet: number, change: Partial<UpstreamEndpoint> = {}): UpstreamEndpoint {
  const address = { ip: `10.0.0.${octet}`, port: 80 };
  const standing = { zone: "a", subZone: "", localityWeight: 0, priority: 0 };
  return {
    ...address,
    id: endpointId(address),
    weight: 100,
    ...standing,
    health: "healthy",
    instance: undefined,
    ramp: undefined,
    ...change,
  };
}

function route(name: string): RouteConfig {
  const calling = { timeoutMs: 1_000, perTryTimeoutMs: 0, retryAttempts: 1, hedgePercent: 0, hashOn: [] };
  return { name, version: "1", cluster: name, ...calling };
}

function setUp() {
  const applied = new Cell(NOTHING);
  const verdicts = new Cell<VerdictAge>({ kind: "current" });
  const clock = new FakeClock();
  const log = new RecordedLog();
  const picked: (readonly EndpointState[])[] = [];
  const newPicker = (_: ClusterConfig, candidates: Candidates): Picker => {
    picked.push(candidates.endpoints);
    return { pick: () => ({ kind: "refused", reason: "no-endpoints" }) };
  };
  const clusters = new Clusters({ applied, verdicts, newPicker, clock, log });
  const shopIs = (endpoints: readonly UpstreamEndpoint[], change: Partial<ClusterConfig> = {}) =>
    applied.set({
      ...applied.value,
      clusters: new Map(applied.value.clusters).set("shop", clusterConfig(change)),
      assignments: new Map(applied.value.assignments).set("shop", assignmentOf(endpoints)),
    });
  const shop = (): ActiveCluster => {
    const cluster = clusters.table.value.get("shop");
    if (cluster === undefined) throw new Error("shop is not active");
    return cluster;
  };
  return { applied, verdicts, clock, log, picked, clusters, shopIs, shop };
}

const idsOf = (states: readonly EndpointState[]) => states.map((state) => state.endpoint.id);

describe("a service", () => {
  test("can be called once its cluster and its assignment are known, in either order", () => {
    const { applied, clusters } = setUp();
    const assignments = new Map([["shop", assignmentOf([])]]);
    applied.set({ ...NOTHING, assignments });
    expect(clusters.table.value.size).toBe(0);
    applied.set({ ...NOTHING, assignments, clusters: new Map([["shop", clusterConfig()]]) });
    expect([...clusters.table.value.keys()]).toEqual(["shop"]);
  });

  test("has defaults until its route is known, and its route afterwards with the same picker", () => {
    const { applied, shopIs, shop } = setUp();
    shopIs([endpoint(1)]);
    const before = shop();
    expect(before.route).toMatchObject({ cluster: "shop", timeoutMs: 15_000, retryAttempts: 0 });
    applied.set({ ...applied.value, routes: new Map([["shop", route("shop")]]) });
    expect(shop().route.timeoutMs).toBe(1_000);
    expect(shop().picker).toBe(before.picker);
    expect(shop()).not.toBe(before);
  });

  test("that did not change keeps its reference when another does", () => {
    const { applied, clusters, shopIs, shop } = setUp();
    shopIs([endpoint(1)]);
    const before = shop();
    const cart = assignmentOf([], { name: "cart" });
    applied.set({
      ...applied.value,
      clusters: new Map(applied.value.clusters).set("cart", clusterConfig({ name: "cart" })),
      assignments: new Map(applied.value.assignments).set("cart", cart),
    });
    expect(shop()).toBe(before);
    expect(clusters.table.value.size).toBe(2);
  });

  test("goes when its cluster does", () => {
    const { applied, clusters, shopIs } = setUp();
    shopIs([endpoint(1)]);
    applied.set({ ...applied.value, clusters: new Map() });
    expect(clusters.table.value.size).toBe(0);
  });

  test("leaves the table as it is when nothing changed", () => {
    const { applied, clusters, shopIs } = setUp();
    shopIs([endpoint(1)]);
    const before = clusters.table.value;
    applied.set({ ...applied.value });
    expect(clusters.table.value).toBe(before);
  });
});

describe("what was learnt of an endpoint", () => {
  test("stays with it through changes of weight, zone and health, which it shows", () => {
    const { shopIs, shop } = setUp();
    shopIs([endpoint(1), endpoint(2)]);
    const [, second] = shop().endpoints;
    shopIs([endpoint(2, { weight: 5, health: "unhealthy" }), endpoint(3)]);
    expect(shop().endpoints[0]).toBe(second);
    expect(second?.endpoint).toMatchObject({ weight: 5, health: "unhealthy" });
  });

  test("is dropped when another instance stands behind the address", () => {
    const { shopIs, shop } = setUp();
    shopIs([endpoint(1, { instance: "pod-1" })]);
    const [before] = shop().endpoints;
    shopIs([endpoint(1, { instance: "pod-2" })]);
    expect(shop().endpoints[0]).not.toBe(before);
  });

  test("stays when a source begins or ceases to name the instance", () => {
    const { shopIs, shop } = setUp();
    shopIs([endpoint(1)]);
    const [before] = shop().endpoints;
    shopIs([endpoint(1, { instance: "pod-1" })]);
    shopIs([endpoint(1)]);
    expect(shop().endpoints[0]).toBe(before);
  });

  test("stays with the same endpoints whatever order a list comes in", () => {
    const ten = Array.from({ length: 10 }, (_, i) => endpoint(i + 1));
    fc.assert(
      fc.property(fc.shuffledSubarray(ten, { minLength: 10 }), fc.shuffledSubarray(ten), (order, subset) => {
        const { shopIs, shop } = setUp();
        shopIs(ten);
        const learnt = new Map(shop().endpoints.map((state) => [state.endpoint.id, state]));
        for (const list of [order, ten, subset]) {
          shopIs(list);
          for (const state of shop().endpoints) expect(state).toBe(learnt.get(state.endpoint.id));
          expect(new Set(idsOf(shop().endpoints))).toEqual(new Set(list.map((one) => one.id)));
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("requests go to", () => {
  const cases: [string, HealthVerdict[], number, { mode: string; octets: number[] }][] = [
    ["all that are healthy or unknown", ["healthy", "unknown", "unhealthy"], 50, { mode: "healthy", octets: [1, 2] }],
    ["none that drains, in panic either", ["unhealthy", "unhealthy", "draining"], 50, { mode: "panic", octets: [1, 2] }],
    ["all that do not drain, below the panic share", ["healthy", "unhealthy", "unhealthy"], 50, { mode: "panic", octets: [1, 2, 3] }],
    ["the usable ones at exactly the panic share", ["healthy", "unhealthy"], 50, { mode: "healthy", octets: [1] }],
    ["draining ones when nothing else is there", ["draining", "draining"], 50, { mode: "draining", octets: [1, 2] }],
    ["nobody when panic is off and nobody is usable", ["unhealthy", "unhealthy"], 0, { mode: "none", octets: [] }],
    ["nobody when nobody is there", [], 50, { mode: "none", octets: [] }],
  ];
  test.each(cases)("%s", (_, healths, panicPercent, { mode, octets }) => {
    const { shopIs, shop, picked } = setUp();
    shopIs(
      healths.map((health, i) => endpoint(i + 1, { health })),
      { panicPercent },
    );
    expect(shop().candidates.mode).toBe(mode);
    expect(idsOf(shop().candidates.endpoints)).toEqual(octets.map((octet) => `10.0.0.${octet}:80`));
    expect(picked.at(-1)).toBe(shop().candidates.endpoints);
  });

  test("the most preferred priority as far as it can carry them, then the next, and every one when all are in panic", () => {
    const { shopIs, shop, log } = setUp();
    const first = (health: HealthVerdict) => [1, 2].map((octet) => endpoint(octet, { health }));
    const reserve = (health: HealthVerdict) => endpoint(3, { priority: 1, health });
    const used = () => idsOf(shop().candidates.endpoints).map((id) => Number(id.split(":")[0]?.split(".")[3]));
    shopIs([...first("healthy"), reserve("healthy")]);
    expect(used()).toEqual([1, 2]);
    shopIs([endpoint(1), endpoint(2, { health: "unhealthy" }), reserve("healthy")]);
    expect(used()).toEqual([1, 3]);
    expect(shop().candidates.groups.map(({ share }) => Math.round(share * 100))).toEqual([70, 30]);
    shopIs([...first("unhealthy"), reserve("healthy")]);
    expect(used()).toEqual([3]);
    shopIs([...first("draining"), reserve("healthy")]);
    expect(used()).toEqual([3]);
    shopIs([...first("unhealthy"), reserve("unhealthy")]);
    expect([shop().candidates.mode, ...used()]).toEqual(["panic", 1, 2, 3]);
    shopIs([...first("healthy"), reserve("healthy")]);
    expect(used()).toEqual([1, 2]);
    const said = log.lines.filter((line) => line.event === "cluster-mode");
    expect(said.map(({ level, fields }) => [level, fields["mode"], fields["priority"]])).toEqual([
      ["warn", "healthy", 1],
      ["warn", "panic", 0],
      ["info", "healthy", 0],
    ]);
  });

  test("other sets only with a word in the log, and a word on the way back", () => {
    const { shopIs, log } = setUp();
    shopIs([endpoint(1, { health: "unhealthy" })]);
    shopIs([endpoint(1, { health: "unhealthy" }), endpoint(2, { health: "unhealthy" })]);
    shopIs([endpoint(1)]);
    expect(log.lines.filter((line) => line.event === "cluster-mode").map((line) => [line.level, line.fields["mode"]])).toEqual([
      ["warn", "panic"],
      ["info", "healthy"],
    ]);
  });
});

describe("verdicts", () => {
  const ofThree = [endpoint(1), endpoint(2), endpoint(3, { health: "unhealthy" })];

  test("of unhealthy hold for 60 s after the stream is lost, then count as unknown", () => {
    const { verdicts, clock, shopIs, shop } = setUp();
    shopIs(ofThree);
    verdicts.set({ kind: "as-of", wallMs: clock.wallMs() });
    clock.advance(59_999);
    expect(shop().candidates.endpoints).toHaveLength(2);
    clock.advance(1);
    expect(shop().candidates.endpoints).toHaveLength(3);
    expect(shop().verdictsExpired).toBe(true);
  });

  test("count again, with what was learnt kept, as soon as the stream is back", () => {
    const { verdicts, clock, shopIs, shop } = setUp();
    shopIs(ofThree);
    const learnt = shop().endpoints;
    verdicts.set({ kind: "as-of", wallMs: clock.wallMs() });
    clock.advance(60_000);
    verdicts.set({ kind: "current" });
    expect(shop().candidates.endpoints).toHaveLength(2);
    expect(shop().endpoints).toBe(learnt);
    clock.advance(600_000);
    expect(shop().candidates.endpoints).toHaveLength(2);
  });

  test("of a state older than 60 s do not count from the start", () => {
    const { verdicts, clock, shopIs, shop } = setUp();
    verdicts.set({ kind: "as-of", wallMs: clock.wallMs() - 61_000 });
    shopIs(ofThree);
    expect(shop().candidates.endpoints).toHaveLength(3);
  });

  test("of a state saved 50 s ago count for 10 s more", () => {
    const { verdicts, clock, shopIs, shop } = setUp();
    verdicts.set({ kind: "as-of", wallMs: clock.wallMs() - 50_000 });
    shopIs(ofThree);
    expect(shop().candidates.endpoints).toHaveLength(2);
    clock.advance(10_000);
    expect(shop().candidates.endpoints).toHaveLength(3);
  });

  test("of draining and weights never expire", () => {
    const { verdicts, shopIs, shop } = setUp();
    verdicts.set({ kind: "as-of", wallMs: 0 });
    shopIs([endpoint(1, { weight: 7 }), endpoint(2, { health: "draining" })]);
    expect(idsOf(shop().candidates.endpoints)).toEqual(["10.0.0.1:80"]);
    expect(shop().candidates.endpoints[0]?.endpoint.weight).toBe(7);
  });

  test("that expire change nothing, the reference included, where nobody is unhealthy", () => {
    const { verdicts, clock, shopIs, shop } = setUp();
    shopIs([endpoint(1)]);
    const before = shop();
    verdicts.set({ kind: "as-of", wallMs: clock.wallMs() });
    clock.advance(60_000);
    expect(shop()).toBe(before);
  });

  test("leave no timer behind a closed table", async () => {
    const { verdicts, clock, clusters } = setUp();
    verdicts.set({ kind: "as-of", wallMs: clock.wallMs() });
    await clusters.close();
    expect(clock.pendingCount).toBe(0);
  });

  test("are as old as the loss of the stream, else as the save booted from, else older than anything", () => {
    expect(verdictAge({ stream: { kind: "up" }, restoredFromMs: 5 })).toEqual({ kind: "current" });
    expect(verdictAge({ stream: { kind: "down", lostAtMs: 9 }, restoredFromMs: 5 })).toEqual({ kind: "as-of", wallMs: 9 });
    expect(verdictAge({ stream: { kind: "down", lostAtMs: undefined }, restoredFromMs: 5 })).toEqual({ kind: "as-of", wallMs: 5 });
    expect(verdictAge({ stream: { kind: "down", lostAtMs: undefined }, restoredFromMs: undefined })).toEqual({ kind: "as-of", wallMs: 0 });
  });

  test("dated in the future by a clock that jumped still end within 60 s", () => {
    const { verdicts, clock, shopIs, shop } = setUp();
    shopIs(ofThree);
    verdicts.set({ kind: "as-of", wallMs: clock.wallMs() + 3_600_000 });
    clock.advance(60_000);
    expect(shop().candidates.endpoints).toHaveLength(3);
  });
});
