import { type EndpointId, newMetrics, type ServiceName } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import { describe, expect, test } from "vitest";
import type { Safety } from "../config/index.js";
import { endpointAt, FakeSource, idOf } from "../discovery/testing/fake-source.js";
import { Records } from "../records/index.js";
import { settingsWith } from "../snapshot/testing/settings.js";
import { LiveRegistry, type RememberedService } from "./live-registry.js";

const SHOP = "shop" as ServiceName;

function registryWith(sources: readonly FakeSource[], options: { safety?: Safety; remembered?: RememberedService["endpoints"] } = {}) {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const records = new Records(clock);
  const remembered = new Map(options.remembered === undefined ? [] : [[SHOP, { endpoints: options.remembered }] as const]);
  const registry = new LiveRegistry({ clock, log, metrics: newMetrics(), confirmations: records.confirmations, remembered });
  const configure = (safety: Safety) => registry.configure({ sources, services: new Map(), defaults: settingsWith({ safety }) });
  configure(options.safety ?? "standard");
  const ids = () => [...(registry.services.value.get(SHOP)?.endpoints.keys() ?? [])].sort();
  const holdOf = (port: number) => registry.services.value.get(SHOP)?.endpoints.get(idOf(port))?.hold;
  return { clock, log, records, registry, configure, ids, holdOf };
}

const ports = (...list: number[]): EndpointId[] => list.map(idOf).sort();

describe("merging", () => {
  test("an endpoint two sources give takes the first one's weight and names both", () => {
    const one = new FakeSource("one");
    const two = new FakeSource("two");
    const { registry } = registryWith([one, two]);
    one.see(SHOP, [endpointAt(1, { weight: 7 })]);
    two.see(SHOP, [endpointAt(1, { weight: 9 }), endpointAt(2)]);
    const service = registry.services.value.get(SHOP);
    expect(service?.endpoints.get(idOf(1))).toMatchObject({ endpoint: { weight: 7 }, sources: ["one", "two"] });
    expect(service?.endpoints.get(idOf(2))).toMatchObject({ sources: ["two"] });
  });

  test("a service waits until every source that could hold it has spoken", () => {
    const one = new FakeSource("one");
    const two = new FakeSource("two", { kind: "pending" });
    const { registry } = registryWith([one, two]);
    one.see(SHOP, [endpointAt(1)]);
    expect(registry.services.value.get(SHOP)?.settled).toEqual({ kind: "waiting", sources: ["two"] });
    two.list();
    expect(registry.services.value.get(SHOP)?.settled).toEqual({ kind: "settled" });
  });

  test("an update that changes nothing keeps the reference of the service", () => {
    const one = new FakeSource("one");
    const { registry } = registryWith([one]);
    const endpoint = endpointAt(1);
    one.see(SHOP, [endpoint]);
    const before = registry.services.value.get(SHOP);
    one.see(SHOP, [endpoint]);
    expect(registry.services.value.get(SHOP)).toBe(before);
  });
});

describe("only a complete reading removes", () => {
  test.each(["pending", "partial", "stale"] as const)(
    "a %s reading without an endpoint does not remove it, however long it lasts",
    (kind) => {
      const one = new FakeSource("one");
      const { clock, ids } = registryWith([one]);
      one.see(SHOP, [endpointAt(1), endpointAt(2), endpointAt(3)]);
      if (kind === "pending") one.pend(SHOP);
      else if (kind === "partial") one.see(SHOP, [endpointAt(1)], { kind: "partial", reason: "one child could not be read" });
      else one.stale(SHOP, [endpointAt(1)], "connection lost");
      clock.advance(3_600_000);
      expect(ids()).toEqual(ports(1, 2, 3));
    },
  );

  test("an endpoint stays while any source that gave it has not certainly lost it", () => {
    const one = new FakeSource("one");
    const two = new FakeSource("two");
    const { clock, ids } = registryWith([one, two]);
    one.see(SHOP, [endpointAt(1), endpointAt(2)]);
    two.see(SHOP, [endpointAt(1), endpointAt(2)]);
    one.see(SHOP, [endpointAt(2)]);
    two.pend(SHOP);
    clock.advance(3_600_000);
    expect(ids()).toEqual(ports(1, 2));
  });
});

describe("debounce", () => {
  test("a minority that leaves a calm source is held for a moment and then gone", () => {
    const one = new FakeSource("one");
    const { clock, ids, holdOf } = registryWith([one]);
    one.see(SHOP, [endpointAt(1), endpointAt(2), endpointAt(3)]);
    one.see(SHOP, [endpointAt(1), endpointAt(2)]);
    expect(holdOf(3)).toMatchObject({ kind: "debounce" });
    clock.advance(990);
    expect(ids()).toEqual(ports(1, 2, 3));
    clock.advance(20);
    expect(ids()).toEqual(ports(1, 2));
  });

  test("an endpoint that returns within the debounce is no event", () => {
    const one = new FakeSource("one");
    const { clock, registry, log } = registryWith([one]);
    const third = endpointAt(3);
    one.see(SHOP, [endpointAt(1), endpointAt(2), third]);
    const sinceMs = registry.services.value.get(SHOP)?.endpoints.get(idOf(3))?.sinceMs;
    one.see(SHOP, [endpointAt(1), endpointAt(2)]);
    clock.advance(500);
    one.see(SHOP, [endpointAt(1), endpointAt(2), third]);
    clock.advance(5_000);
    expect(registry.services.value.get(SHOP)?.endpoints.get(idOf(3))).toMatchObject({ sinceMs, hold: undefined });
    expect(log.count("endpoint-removed")).toBe(0);
  });
});

describe("shrink guard", () => {
  const six = [1, 2, 3, 4, 5, 6].map((port) => endpointAt(port));

  test("it holds an emptied service for five minutes and lets go by itself", () => {
    const one = new FakeSource("one");
    const { clock, ids, holdOf } = registryWith([one]);
    one.see(SHOP, [endpointAt(1)]);
    one.see(SHOP, []);
    expect(holdOf(1)).toMatchObject({ kind: "shrink" });
    clock.advance(299_000);
    expect(ids()).toEqual(ports(1));
    clock.advance(2_000);
    expect(ids()).toEqual([]);
  });

  test("it holds a fall below half of five or more, and not a fall to half", () => {
    const one = new FakeSource("one");
    const { clock, ids, holdOf } = registryWith([one]);
    one.see(SHOP, six);
    one.see(SHOP, six.slice(0, 3));
    expect(holdOf(6)).toMatchObject({ kind: "debounce" });
    one.see(SHOP, six.slice(0, 2));
    expect(holdOf(6)).toMatchObject({ kind: "shrink" });
    one.see(SHOP, six);
    one.see(SHOP, six.slice(0, 3));
    clock.advance(1_100);
    expect(ids()).toEqual(ports(1, 2, 3));
  });

  test("an operator ends it at once", () => {
    const one = new FakeSource("one");
    const { clock, ids, records, log } = registryWith([one]);
    one.see(SHOP, six);
    one.see(SHOP, []);
    clock.advance(2_000);
    records.confirm(SHOP, { author: "ops", reason: "decommissioned" });
    expect(ids()).toEqual([]);
    expect(log.lines.find(({ event }) => event === "endpoint-removed")?.fields).toMatchObject({ because: "an operator confirmed it" });
  });

  test("a confirmation does not end holds that begin after it", () => {
    const one = new FakeSource("one");
    const { clock, ids, records } = registryWith([one]);
    one.see(SHOP, six);
    records.confirm(SHOP, { author: "ops", reason: "too early" });
    clock.advance(1_000);
    one.see(SHOP, []);
    clock.advance(10_000);
    expect(ids()).toEqual(ports(1, 2, 3, 4, 5, 6));
  });

  test("whoever refuses connections leaves at once, whatever is held", () => {
    const one = new FakeSource("one");
    const { registry, ids } = registryWith([one]);
    one.see(SHOP, six);
    one.see(SHOP, []);
    registry.useEvidence({ verdict: (_service, endpoint) => ({ status: "unhealthy", refusing: endpoint === idOf(2) }) });
    registry.reconsider(new Set([SHOP]));
    expect(ids()).toEqual(ports(1, 3, 4, 5, 6));
  });

  test("safety off, by reload, ends every hold at once", () => {
    const one = new FakeSource("one");
    const { ids, configure } = registryWith([one]);
    one.see(SHOP, six);
    one.see(SHOP, []);
    expect(ids()).toHaveLength(6);
    configure("off");
    expect(ids()).toEqual([]);
  });

  test("a cautious service is held three times as long", () => {
    const one = new FakeSource("one");
    const { clock, ids } = registryWith([one], { safety: "cautious" });
    one.see(SHOP, [endpointAt(1)]);
    one.see(SHOP, []);
    clock.advance(899_000);
    expect(ids()).toEqual(ports(1));
    clock.advance(2_000);
    expect(ids()).toEqual([]);
  });
});

describe("a disturbed source", () => {
  test("its removals wait until it is calm, at most 90 s, and an operator can end that", () => {
    const one = new FakeSource("one");
    const { clock, ids, holdOf, records } = registryWith([one]);
    one.see(
      SHOP,
      [1, 2, 3].map((port) => endpointAt(port)),
    );
    one.disturbedUntilMs.set(clock.wallMs() + 60_000);
    one.see(SHOP, [endpointAt(1), endpointAt(2)]);
    expect(holdOf(3)).toMatchObject({ kind: "disturbed" });
    clock.advance(59_000);
    expect(ids()).toHaveLength(3);
    clock.advance(1_100);
    expect(ids()).toHaveLength(2);
    one.disturbedUntilMs.set(clock.wallMs() + 500_000);
    one.see(SHOP, [endpointAt(1)]);
    clock.advance(89_000);
    expect(ids()).toHaveLength(2);
    records.confirm(SHOP, { author: "ops", reason: "seen it" });
    expect(ids()).toHaveLength(1);
  });
});

describe("what an earlier run knew", () => {
  const remembered = [1, 2, 3, 4, 5, 6].map((port) => ({ endpoint: endpointAt(port), sources: ["one"], sinceMs: 5 }));

  test("it stands while its source has not spoken, and keeps its age", () => {
    const one = new FakeSource("one", { kind: "pending" });
    const { registry, clock, ids } = registryWith([one], { remembered });
    clock.advance(3_600_000);
    expect(ids()).toHaveLength(6);
    expect(registry.services.value.get(SHOP)?.settled).toEqual({ kind: "waiting", sources: ["one"] });
    expect(registry.services.value.get(SHOP)?.endpoints.get(idOf(1))?.sinceMs).toBe(5);
  });

  test("a first reading that lost most of it is a collapse, not a start", () => {
    const one = new FakeSource("one", { kind: "pending" });
    const { clock, ids, holdOf } = registryWith([one], { remembered });
    one.see(SHOP, [endpointAt(1)]);
    one.list();
    clock.advance(10_000);
    expect(ids()).toHaveLength(6);
    expect(holdOf(2)).toMatchObject({ kind: "shrink" });
  });

  test("what a source that is configured no more gave is held and let go", () => {
    const two = new FakeSource("two");
    const { clock, ids } = registryWith([two], { remembered });
    two.see(SHOP, [endpointAt(9)]);
    expect(ids()).toHaveLength(7);
    clock.advance(301_000);
    expect(ids()).toEqual(ports(9));
  });
});

test("what a source gave stays through its renaming until the source of the new name has spoken", () => {
  const fixed = new FakeSource("fixed");
  const old = new FakeSource("zk");
  const renamed = new FakeSource("zookeeper", { kind: "pending" });
  const { clock, registry, ids } = registryWith([fixed, old]);
  fixed.see(SHOP, [endpointAt(1), endpointAt(2), endpointAt(3)]);
  old.see(SHOP, [endpointAt(4), endpointAt(5)]);
  registry.configure({ sources: [fixed, renamed], services: new Map(), defaults: settingsWith() });
  clock.advance(600_000);
  expect(ids()).toEqual(ports(1, 2, 3, 4, 5));
  renamed.see(SHOP, [endpointAt(4)]);
  renamed.list();
  clock.advance(1_000);
  expect(ids()).toEqual(ports(1, 2, 3, 4));
});

test("a wall clock that was set back keeps nobody longer than the hold says", () => {
  const clock = new FakeClock();
  let setBackMs = 0;
  const jumping = {
    nowMs: () => clock.nowMs(),
    wallMs: () => clock.wallMs() - setBackMs,
    schedule: (delayMs: number, task: () => void) => clock.schedule(delayMs, task),
  };
  const { confirmations } = new Records(jumping);
  const registry = new LiveRegistry({
    clock: jumping,
    log: new RecordedLog(),
    metrics: newMetrics(),
    confirmations,
    remembered: new Map(),
  });
  const one = new FakeSource("one");
  registry.configure({ sources: [one], services: new Map(), defaults: settingsWith() });
  one.see(SHOP, [endpointAt(1), endpointAt(2), endpointAt(3)]);
  one.see(SHOP, [endpointAt(1), endpointAt(2)]);
  setBackMs = 86_400_000;
  one.see("cart" as ServiceName, [endpointAt(9)]);
  clock.advance(15_000);
  expect([...(registry.services.value.get(SHOP)?.endpoints.keys() ?? [])].sort()).toEqual(ports(1, 2));
});

test("a service that every source has completely lost is dropped once nobody is held", () => {
  const one = new FakeSource("one");
  const { registry, clock } = registryWith([one]);
  one.see(SHOP, [endpointAt(1)]);
  one.drop(SHOP);
  expect(registry.services.value.get(SHOP)?.goneSinceMs).toBeDefined();
  clock.advance(301_000);
  expect(registry.services.value.has(SHOP)).toBe(false);
});

test("closing leaves no timer behind", async () => {
  const one = new FakeSource("one");
  const { registry, clock } = registryWith([one]);
  one.see(SHOP, [endpointAt(1)]);
  one.see(SHOP, []);
  await registry.close();
  expect(clock.pendingCount).toBe(0);
});
