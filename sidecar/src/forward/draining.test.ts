// Who has to leave an endpoint, when, and what keeps or ends that.

import { seeded } from "@fairlead/shared";
import { expect, test } from "vitest";
import type { ActiveCluster, ClusterTable } from "../clusters/index.js";
import type { EndpointState } from "../endpoint/index.js";
import { Draining, type DrainingTenant, fitForReuse } from "./draining.js";
import { clusterOf, stateAt } from "./testing/rig.js";

const WINDOW_MS = 60_000;
const WALL_MS = 1_700_000_000_000;

class Tenant implements DrainingTenant {
  endpoint: EndpointState | undefined;
  readonly service = "shop";
  readonly occupancy = {};
  readonly isOpenEnded: boolean;
  sent = false;

  constructor(endpoint: EndpointState, isOpenEnded = true) {
    this.endpoint = endpoint;
    this.isOpenEnded = isOpenEnded;
  }

  sendAway(): void {
    this.sent = true;
    this.endpoint = undefined;
  }
}

const [one, two] = [stateAt(1), stateAt(2)];
const tableOf = (endpoints: readonly EndpointState[], over: Partial<ActiveCluster> = {}): ClusterTable =>
  new Map([["shop", { ...clusterOf("shop", endpoints), ...over }]]);

function drainingOf(tenants: readonly Tenant[]) {
  const draining = new Draining({ rng: seeded(3), windowMs: WINDOW_MS });
  const at = (nowMs: number, table: ClusterTable) => draining.onTable(table, tenants, { nowMs, wallMs: WALL_MS + nowMs });
  const passes = (fromMs: number, untilMs: number) => {
    for (let nowMs = fromMs; nowMs <= untilMs; nowMs += 50) draining.sweep(tenants, nowMs);
    return tenants.filter(({ sent }) => sent).length;
  };
  return { draining, at, passes };
}

test("open-ended connections to a removed endpoint end one by one over the window, requests late in it, others not at all", () => {
  const tenants = Array.from({ length: 60 }, () => new Tenant(one));
  const request = new Tenant(one, false);
  const elsewhere = new Tenant(two);
  const { draining, at, passes } = drainingOf([...tenants, request, elsewhere]);
  at(0, tableOf([one, two]));
  expect(draining.isActive).toBe(false);
  at(0, tableOf([two]));
  draining.sweep([...tenants, request, elsewhere], 0);
  expect(draining.endpoints).toEqual([{ service: "shop", id: one?.endpoint.id, because: "removed", connections: 61, untilMs: WINDOW_MS }]);
  const gone = [1, 2, 3, 4, 5, 6].map((tenth) => passes((tenth - 1) * 10_000, tenth * 10_000));
  const steps = gone.map((count, index) => count - (gone[index - 1] ?? 0));
  for (const step of steps) expect(step).toBeGreaterThanOrEqual(8);
  for (const step of steps) expect(step).toBeLessThanOrEqual(13);
  expect([gone.at(-1), elsewhere.sent, draining.moved.get("shop")]).toEqual([61, false, 61]);
  draining.sweep([elsewhere], WINDOW_MS + 50);
  expect(draining.isActive).toBe(false);
});

test("a request has three quarters of the window to come to its end", () => {
  const request = new Tenant(one, false);
  const { at, passes } = drainingOf([request]);
  at(0, tableOf([two]));
  expect([passes(0, WINDOW_MS * 0.75 - 50), passes(WINDOW_MS * 0.75, WINDOW_MS)]).toEqual([0, 1]);
});

test("nobody is sent away while there is nowhere to go, and everybody once there is", () => {
  const tenant = new Tenant(one);
  const { draining, at, passes } = drainingOf([tenant]);
  const nowhere = { candidates: { mode: "none", priority: 0, endpoints: [], groups: [] } } as const;
  at(0, tableOf([], nowhere));
  expect([draining.isActive, passes(0, 2 * WINDOW_MS)]).toEqual([false, 0]);
  at(2 * WINDOW_MS, tableOf([two]));
  expect(passes(2 * WINDOW_MS, 3 * WINDOW_MS)).toBe(1);
});

test("an endpoint that stands by is not left while it does", () => {
  const tenant = new Tenant(one);
  const { draining, at, passes } = drainingOf([tenant]);
  at(0, tableOf([two], { standby: [one] }));
  expect([draining.isActive, passes(0, 2 * WINDOW_MS)]).toEqual([false, 0]);
  at(2 * WINDOW_MS, tableOf([two]));
  expect(draining.endpoints).toMatchObject([{ because: "removed" }]);
});

test("an endpoint that returns is not left any more, though its state is another; one that leaves again is", () => {
  const tenant = new Tenant(one);
  const { draining, at, passes } = drainingOf([tenant]);
  at(0, tableOf([two]));
  at(50, tableOf([stateAt(1), two]));
  expect([draining.isActive, passes(50, 2 * WINDOW_MS)]).toEqual([false, 0]);
  at(2 * WINDOW_MS, tableOf([two]));
  expect(passes(2 * WINDOW_MS, 3 * WINDOW_MS)).toBe(1);
});

test("another instance at the address is no return, and an endpoint that drains is left by the time it says", () => {
  const old = stateAt(3);
  const next = stateAt(3);
  old.endpoint = { ...old.endpoint, instance: "a" };
  next.endpoint = { ...next.endpoint, instance: "b" };
  const going = stateAt(4);
  going.endpoint = { ...going.endpoint, health: "draining", drainUntilMs: WALL_MS + 5_000 };
  const { draining, at, passes } = drainingOf([new Tenant(old), new Tenant(going)]);
  at(0, tableOf([next, going, two]));
  expect(draining.endpoints).toMatchObject([{ because: "replaced" }, { because: "draining", untilMs: 5_000 }]);
  expect([passes(0, 5_000) >= 1, passes(5_050, WINDOW_MS)]).toEqual([true, 2]);
});

test("an operator ends it at once, for one service", () => {
  const tenants = [new Tenant(one), new Tenant(one, false)];
  const { draining, at, passes } = drainingOf(tenants);
  at(0, tableOf([two]));
  expect([draining.endNow("cart", 50), draining.endNow("shop", 50)]).toEqual([0, 1]);
  expect(passes(50, 50)).toBe(2);
});

test("idle connections are used again to whoever is listed or stands by, and not to who is out", () => {
  const ill = stateAt(5);
  ill.endpoint = { ...ill.endpoint, health: "unhealthy" };
  const left = stateAt(6);
  const before = tableOf([one, two, left]);
  const after = tableOf([two, ill], { standby: [one] });
  const fit = new Map(fitForReuse(before, after));
  expect([one, two, ill, left].map((state) => fit.get(state))).toEqual([true, true, false, false]);
  expect(new Map(fitForReuse(after, tableOf([ill], { verdictsExpired: true }))).get(ill)).toBe(true);
  expect([...fitForReuse(after, new Map(after))]).toEqual([]);
  expect(new Map(fitForReuse(after, new Map())).get(two)).toBe(false);
});
