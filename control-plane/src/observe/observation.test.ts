import { Cell, fail, newMetrics, ok, type Result, type ServiceName } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import { expect, test } from "vitest";
import { endpointAt } from "../discovery/testing/fake-source.js";
import { serviceSnapshot } from "../snapshot/build.js";
import type { ServiceSnapshot, Snapshot } from "../snapshot/index.js";
import { settingsWith } from "../snapshot/testing/settings.js";
import { Observation, observedViews, type Served } from "./index.js";

const SHOP = "shop" as ServiceName;
const CART = "cart" as ServiceName;

function shopOf(...ports: number[]): ServiceSnapshot {
  const endpoints = ports.map((port) => ({ endpoint: endpointAt(port), health: "healthy" as const, sources: ["one"], sinceMs: 0 }));
  return serviceSnapshot({ name: SHOP, settings: settingsWith(), endpoints, awaiting: [], origin: { kind: "live" } }, undefined);
}

function snapshotOf(...services: ServiceSnapshot[]): Snapshot {
  return {
    version: "v",
    position: "l/1/1",
    publishedAtMs: 0,
    services: new Map(services.map((service) => [service.name, service])),
    withheld: new Map(),
    refused: new Map(),
    complete: { kind: "complete" },
    bootWaitOver: true,
    unheard: new Set(),
  };
}

function served(...ports: number[]): Served {
  return { kind: "endpoints", endpoints: new Map(ports.map((port) => [endpointAt(port).id, endpointAt(port)])) };
}

/** An observation whose other side says what the test says. */
function observing(snapshot: Snapshot) {
  const clock = new FakeClock();
  const answers: { next: Result<ReadonlyMap<ServiceName, Served>> } = { next: ok(new Map()) };
  const asked: ReadonlyMap<ServiceName, string>[] = [];
  const elsewhere = {
    read(ours: ReadonlyMap<ServiceName, string>) {
      asked.push(ours);
      return Promise.resolve(answers.next);
    },
  };
  const cell = new Cell(snapshot);
  const observation = new Observation({
    clock,
    log: new RecordedLog(),
    metrics: newMetrics(),
    against: "there",
    elsewhere,
    snapshot: cell,
  });
  const round = async (next: Result<ReadonlyMap<ServiceName, Served>>) => {
    answers.next = next;
    clock.advance(5_000);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    return observation.state.value;
  };
  return { clock, observation, round, asked, cell };
}

test("what would be published is compared with what is served, service by service, both ways", async () => {
  const { round } = observing(snapshotOf(shopOf(1, 2)));
  const state = await round(
    ok(
      new Map([
        [SHOP, served(2, 3)],
        [CART, served(9)],
      ]),
    ),
  );
  expect(state).toMatchObject({ state: "differs", against: "there" });
  expect(state.comparisons.get(SHOP)).toMatchObject({ state: "differs", differences: { onlyHere: { count: 1 }, onlyThere: { count: 1 } } });
  expect(state.comparisons.get(CART)).toMatchObject({ state: "differs", differences: { onlyThere: { count: 1 } } });
  expect(await round(ok(new Map([[SHOP, served(1, 2)]])))).toMatchObject({ state: "same" });
});

test("a service of the same version there is the same, and our versions are what is asked with", async () => {
  const shop = shopOf(1, 2);
  const { round, asked } = observing(snapshotOf(shop));
  expect(await round(ok(new Map([[SHOP, { kind: "equal" }]])))).toMatchObject({ state: "same" });
  expect(asked[0]?.get(SHOP)).toBe(shop.version);
});

test("while the other side cannot be read nobody knows, with the reason and since when", async () => {
  const { clock, round } = observing(snapshotOf(shopOf(1)));
  await round(ok(new Map([[SHOP, served(1)]])));
  const state = await round(fail("http://there: connection refused"));
  expect(state).toMatchObject({ state: "unknown", because: "http://there: connection refused", sinceMs: clock.wallMs() });
  expect(state.comparisons.get(SHOP)).toMatchObject({ state: "unknown" });
  expect(await round(ok(new Map([[SHOP, served(1)]])))).toMatchObject({ state: "same" });
});

test("before the sources have spoken nothing is compared", async () => {
  const { cell, round, asked } = observing({ ...snapshotOf(), complete: { kind: "waiting", sources: ["zk"] } });
  expect(await round(ok(new Map([[SHOP, served(1)]])))).toMatchObject({ state: "unknown", because: expect.stringContaining("zk") });
  expect(asked).toEqual([]);
  cell.set(snapshotOf(shopOf(1)));
  expect(await round(ok(new Map([[SHOP, served(1)]])))).toMatchObject({ state: "same" });
});

test("closing leaves no timer behind", async () => {
  const { clock, observation, round } = observing(snapshotOf());
  await round(ok(new Map()));
  observation.close();
  expect(clock.pendingCount).toBe(0);
});

test("in observe mode every name is unavailable, and no wildcard is answered", () => {
  const node = { id: "n", cluster: "", zone: "", userAgentName: "envoy", userAgentVersion: "", clientFeatures: [], metadata: {} };
  const sets = observedViews(7)(node).value;
  expect(sets.absence("any", "shop")).toMatchObject({ kind: "unavailable", reason: expect.stringContaining("observe mode"), sinceMs: 7 });
  expect([sets.complete, sets.answerNewcomers]).toEqual([false, false]);
  for (const { resources } of sets.types.values()) expect(resources.size).toBe(0);
});
