import { type Clock, type EndpointId, KeyedCell, newMetrics, type ServiceName, versionOfAll } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ServiceSettings } from "../config/index.js";
import { endpointAt, FakeSource, idOf } from "../discovery/testing/fake-source.js";
import type { HealthStatus, Verdict } from "../health/index.js";
import { Records } from "../records/index.js";
import { LiveRegistry } from "../registry/index.js";
import { buildService, ENDPOINTS_MAX, serviceSnapshot } from "./build.js";
import { Publisher } from "./publisher.js";
import type { ServiceUsage } from "./retirement.js";
import { readSaved, writeSaved } from "./saved.js";
import type { ServiceSnapshot, SnapshotHealth } from "./snapshot.js";
import { settingsWith } from "./testing/settings.js";

const SHOP = "shop" as ServiceName;
const CART = "cart" as ServiceName;

type Usage = ReturnType<ServiceUsage["usage"]>;

interface Options {
  readonly listing?: "pending";
  readonly saved?: readonly ServiceSnapshot[];
  readonly settings?: ServiceSettings;
  readonly usage?: Partial<Usage>;
  /** Least delay of a timer; a real one takes a millisecond. */
  readonly timersTakeMs?: number;
}

function world({ listing, saved = [], settings = settingsWith(), usage = {}, timersTakeMs = 0 }: Options = {}) {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const metrics = newMetrics();
  const records = new Records(clock);
  const source = new FakeSource("one", listing === undefined ? undefined : { kind: listing });
  const remembered = new Map(saved.map((service) => [service.name, service] as const));
  const registry = new LiveRegistry({ clock, log, metrics, confirmations: records.confirmations, remembered });
  const verdicts = new KeyedCell<ServiceName, ReadonlyMap<EndpointId, Verdict>>();
  registry.configure({ sources: [source], services: new Map(), defaults: settings });
  const slow: Clock = {
    nowMs: () => clock.nowMs(),
    wallMs: () => clock.wallMs(),
    schedule: (delayMs, task) => clock.schedule(Math.max(timersTakeMs, delayMs), task),
  };
  const publisher = new Publisher(
    {
      clock: slow,
      log,
      metrics,
      services: registry.services,
      sources: registry.sources,
      verdicts,
      confirmations: records.confirmations,
      lineage: { lineage: "l", epoch: 3 },
      saved: new Map(saved.map((service) => [service.name, service])),
      usage: { usage: () => ({ byName: 0, byWildcard: 0, quietSinceMs: 0, ...usage }) },
      bootWaitMs: 30_000,
    },
    () => settings,
  );
  const health = (statuses: Readonly<Record<number, HealthStatus>>, service = SHOP) =>
    verdicts.update([[service, new Map(Object.entries(statuses).map(([port, status]) => [idOf(Number(port)), verdict(status)]))]]);
  const shown = (service = SHOP) =>
    publisher.snapshot.value.services.get(service)?.endpoints.map(({ endpoint, health: h }) => `${endpoint.port} ${h}`);
  return { clock, log, records, source, registry, publisher, health, shown };
}

function verdict(status: HealthStatus): Verdict {
  return { status, because: "test", sinceMs: 0, untilMs: undefined, refusing: false, share: 1, ramp: undefined };
}

test("a ramp that was recorded goes on after a restart, until it is over", () => {
  const ramp = { startMs: 1_700_000_000_000, ms: 10_000, step: 0.5 as const };
  const saved = savedShop("healthy", 1_700_000_000_000);
  const [first, ...rest] = saved.endpoints;
  if (first === undefined) throw new Error("no endpoint was saved");
  const ramping = serviceSnapshot({ ...saved, endpoints: [{ ...first, ramp }, ...rest] }, undefined);
  const empty = world().publisher.snapshot.value;
  const back = readSaved(writeSaved({ ...empty, services: new Map([[SHOP, ramping]]) }), 5);
  expect(back.ok && back.value.services.get(SHOP)?.endpoints[0]?.ramp).toEqual({ ...ramp, step: 0.25 });
  const registered = world({ saved: [ramping] }).registry.services.value.get(SHOP);
  if (registered === undefined) throw new Error("the registry forgot it");
  const at = (nowMs: number) => buildService({ registered, health: new Map(), settings: saved.settings, previous: ramping, nowMs });
  const rampAt = (nowMs: number) => {
    const built = at(nowMs);
    return built.ok ? built.value.endpoints[0]?.ramp : undefined;
  };
  expect(rampAt(ramp.startMs + 9_999)).toEqual(ramp);
  expect(rampAt(ramp.startMs + 10_000)).toBeUndefined();
});

function savedShop(health: SnapshotHealth, savedAtMs: number): ServiceSnapshot {
  const endpoints = [1, 2].map((port) => ({
    endpoint: endpointAt(port),
    health: port === 1 ? health : ("healthy" as const),
    sources: ["one"],
    sinceMs: 1,
  }));
  return serviceSnapshot(
    { name: SHOP, settings: settingsWith(), endpoints, awaiting: [], origin: { kind: "saved", savedAtMs } },
    undefined,
  );
}

describe("publishing", () => {
  test("a change after quiet is out within 10 ms, a burst is one publish", () => {
    const { clock, source, publisher, shown } = world();
    clock.advance(1_000);
    let publishes = -1;
    publisher.snapshot.watch(() => publishes++);
    source.see(SHOP, [endpointAt(1)]);
    clock.advance(10);
    expect(shown()).toEqual(["1 healthy"]);
    for (let port = 2; port <= 6; port++) {
      source.see(
        SHOP,
        Array.from({ length: port }, (_, index) => endpointAt(index + 1)),
      );
      clock.advance(20);
    }
    clock.advance(50);
    expect(shown()).toHaveLength(6);
    expect(publishes).toBe(2);
  });

  test("a stream of changes without a pause is published at least every 500 ms", () => {
    const { clock, source, publisher } = world();
    clock.advance(1_000);
    let publishes = -1;
    publisher.snapshot.watch(() => publishes++);
    for (let round = 0; round < 100; round++) {
      source.see(SHOP, [endpointAt(1, { weight: round + 1 })]);
      clock.advance(20);
    }
    expect(publishes).toBeGreaterThanOrEqual(4);
  });

  test("changes that always come before the timers, as on a busy machine, are published every 500 ms all the same", () => {
    const { clock, source, publisher } = world({ timersTakeMs: 1 });
    clock.advance(1_000);
    let publishes = -1;
    publisher.snapshot.watch(() => publishes++);
    let weight = 0;
    const change = () => {
      clock.schedule(1, change);
      source.see(SHOP, [endpointAt(1, { weight: ++weight })]);
    };
    change();
    clock.advance(5_000);
    expect(publishes).toBeGreaterThanOrEqual(9);
    expect(weight - (publisher.snapshot.value.services.get(SHOP)?.endpoints[0]?.endpoint.weight ?? 0)).toBeLessThanOrEqual(501);
  });

  test("the version of a snapshot that was changed again and again is that of one made from scratch", () => {
    const names = ["shop", "cart", "find"] as unknown as readonly ServiceName[];
    const step = fc.tuple(fc.constantFrom(...names), fc.subarray([1, 2, 3, 4]), fc.integer({ min: 1, max: 3 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const { clock, source, publisher, records } = world({ settings: settingsWith({ safety: "off" }) });
        for (const [service, ports, weight] of steps) {
          if (ports.length === 0) source.drop(service);
          else
            source.see(
              service,
              ports.map((port) => endpointAt(port, { weight })),
            );
          clock.advance(1_000);
          if (weight === 3) records.confirm(service, { author: "test", reason: "test" });
          clock.advance(1_000);
          const before = publisher.snapshot.value;
          expect(before.version).toBe(versionOfAll(Array.from(before.services.values(), ({ name, version }) => [name, version] as const)));
        }
      }),
      { numRuns: 50 },
    );
  });

  test("a service that did not change keeps its reference and nothing changed means no new revision", () => {
    const { clock, source, publisher } = world();
    source.see(SHOP, [endpointAt(1)]);
    source.see(CART, [endpointAt(2)]);
    clock.advance(1_000);
    const before = publisher.snapshot.value;
    source.see(CART, [endpointAt(2), endpointAt(3)]);
    clock.advance(1_000);
    const after = publisher.snapshot.value;
    expect(after.services.get(SHOP)).toBe(before.services.get(SHOP));
    expect(after.version).not.toBe(before.version);
    source.see(CART, [endpointAt(3), endpointAt(2)]);
    clock.advance(1_000);
    expect(publisher.snapshot.value.position).toBe(after.position);
  });

  test("equal content has an equal version, whatever order a source lists it in", () => {
    const versions = [
      [1, 2, 3],
      [3, 1, 2],
    ].map((order) => {
      const { clock, source, publisher } = world();
      source.see(
        SHOP,
        order.map((port) => endpointAt(port)),
      );
      clock.advance(100);
      return publisher.snapshot.value.version;
    });
    expect(versions[0]).toBe(versions[1]);
  });
});

describe("how long a change took", () => {
  const told = (source: FakeSource, ports: readonly number[], noticedMs: number) => {
    const endpoints = new Map(ports.map((port) => [idOf(port), endpointAt(port)]));
    const reading = { endpoints, quarantined: [], completeness: { kind: "complete" } as const };
    source.services.update([[SHOP, { kind: "seen", reading, noticedMs }]]);
  };

  function calm() {
    const it = world();
    it.source.see(SHOP, [endpointAt(1), endpointAt(2), endpointAt(3)]);
    it.health({ 1: "healthy", 2: "healthy", 3: "healthy" });
    it.clock.advance(10_000);
    const change = () => it.publisher.snapshot.value.services.get(SHOP)?.change;
    return { ...it, change };
  }

  test("counts from when the source noticed, or else from when it spoke", () => {
    const { clock, source, change } = calm();
    told(source, [1, 2, 3, 4], 9_970);
    clock.advance(100);
    expect(change()).toEqual({ eventMs: 9_970, publishedMs: 10_010 });
    source.see(SHOP, [endpointAt(1), endpointAt(2), endpointAt(3), endpointAt(4), endpointAt(5)]);
    clock.advance(100);
    expect(change()).toEqual({ eventMs: 10_100, publishedMs: 10_110 });
  });

  test("counts from the verdict, and of several events that one publish merges from the first", () => {
    const { clock, source, health, change } = calm();
    health({ 1: "healthy", 2: "unhealthy", 3: "healthy" });
    clock.advance(5);
    source.see(SHOP, [endpointAt(1), endpointAt(2), endpointAt(3, { weight: 7 })]);
    clock.advance(100);
    expect(change()).toEqual({ eventMs: 10_000, publishedMs: 10_010 });
  });

  test("a removal that is held counts from when it is let go, by the clock or by an operator", () => {
    const { clock, source, records, change } = calm();
    told(source, [1, 2], 9_990);
    clock.advance(2_000);
    expect(change()).toEqual({ eventMs: 11_000, publishedMs: 11_010 });
    told(source, [], 11_990);
    clock.advance(30_000);
    expect(change()).toEqual({ eventMs: 11_000, publishedMs: 11_010 });
    records.confirm(SHOP, { author: "ann", reason: "meant" });
    clock.advance(100);
    expect(change()).toEqual({ eventMs: 42_000, publishedMs: 42_010 });
  });

  test("what changes nothing leaves the last change as it is", () => {
    const { clock, source, change } = calm();
    const before = change();
    source.see(SHOP, [endpointAt(3), endpointAt(2), endpointAt(1)]);
    clock.advance(100);
    expect(change()).toBe(before);
  });
});

describe("who is admitted", () => {
  test("a new endpoint waits for its first pass while others are healthy", () => {
    const { clock, source, publisher, health, shown } = world();
    source.see(SHOP, [endpointAt(1)]);
    health({ 1: "healthy" });
    clock.advance(100);
    source.see(SHOP, [endpointAt(1), endpointAt(2)]);
    clock.advance(100);
    expect(shown()).toEqual(["1 healthy"]);
    expect(publisher.snapshot.value.services.get(SHOP)?.awaiting).toEqual([idOf(2)]);
    health({ 1: "healthy", 2: "healthy" });
    clock.advance(100);
    expect(shown()).toEqual(["1 healthy", "2 healthy"]);
  });

  test("it serves at once where nobody is healthy, or there is no check", () => {
    const sick = world();
    sick.source.see(SHOP, [endpointAt(1)]);
    sick.health({ 1: "unhealthy" });
    sick.clock.advance(100);
    sick.source.see(SHOP, [endpointAt(1), endpointAt(2)]);
    sick.clock.advance(100);
    expect(sick.shown()).toEqual(["1 unhealthy", "2 healthy"]);

    const unchecked = world({ settings: settingsWith({ check: { type: "none" } }) });
    unchecked.source.see(SHOP, [endpointAt(1)]);
    unchecked.clock.advance(100);
    unchecked.source.see(SHOP, [endpointAt(1), endpointAt(2)]);
    unchecked.clock.advance(100);
    expect(unchecked.shown()).toEqual(["1 healthy", "2 healthy"]);
  });

  test("a published endpoint that has not been checked yet is not taken out by the first pass of another", () => {
    const { clock, source, health, shown } = world();
    source.see(SHOP, [endpointAt(1), endpointAt(2)]);
    clock.advance(100);
    health({ 1: "healthy" });
    clock.advance(100);
    expect(shown()).toEqual(["1 healthy", "2 healthy"]);
  });

  test("weight 0 and a source that says so drain", () => {
    const { clock, source, shown } = world();
    source.see(SHOP, [endpointAt(1, { weight: 0 }), endpointAt(2, { draining: "OUT_OF_SERVICE" }), endpointAt(3)]);
    clock.advance(100);
    expect(shown()).toEqual(["1 draining", "2 draining", "3 healthy"]);
  });
});

describe("before its sources have spoken", () => {
  test("a service is withheld, never empty, with who is waited for", () => {
    const { clock, source, publisher } = world({ listing: "pending" });
    source.pend(SHOP);
    clock.advance(60_000);
    expect(publisher.snapshot.value.services.size).toBe(0);
    expect(publisher.snapshot.value.withheld.get(SHOP)).toMatchObject({ reason: "waiting for one" });
    expect(publisher.snapshot.value.complete).toEqual({ kind: "waiting", sources: ["one"] });
    source.see(SHOP, [endpointAt(1)]);
    source.list();
    clock.advance(100);
    expect(publisher.snapshot.value.services.size).toBe(1);
    expect(publisher.snapshot.value.complete).toEqual({ kind: "complete" });
  });

  test("bootWait is noted when it has passed", () => {
    const { clock, publisher } = world({ listing: "pending" });
    clock.advance(29_000);
    expect(publisher.snapshot.value.bootWaitOver).toBe(false);
    clock.advance(2_000);
    expect(publisher.snapshot.value.bootWaitOver).toBe(true);
  });

  test("the saved snapshot stands in, at the version it had, and stays it when nothing changed", () => {
    const saved = savedShop("healthy", 1_700_000_000_000);
    const { clock, source, publisher, health } = world({ listing: "pending", saved: [saved] });
    clock.advance(100);
    expect(publisher.snapshot.value.services.get(SHOP)).toMatchObject({ version: saved.version, origin: { kind: "saved" } });
    source.see(SHOP, [endpointAt(1), endpointAt(2)]);
    source.list();
    health({ 1: "healthy", 2: "healthy" });
    clock.advance(100);
    expect(publisher.snapshot.value.services.get(SHOP)).toMatchObject({ version: saved.version, origin: { kind: "live" } });
  });

  test("a saved service is unheard of until its sources have spoken, whether or not they say the same", () => {
    const { clock, source, publisher } = world({ listing: "pending", saved: [savedShop("healthy", 0)] });
    clock.advance(1_000);
    expect([...publisher.snapshot.value.unheard]).toEqual([SHOP]);
    const { position } = publisher.snapshot.value;
    source.see(SHOP, [endpointAt(1), endpointAt(2)]);
    source.list();
    clock.advance(1_000);
    expect([...publisher.snapshot.value.unheard]).toEqual([]);
    expect(publisher.snapshot.value.position).not.toBe(position);
  });

  test("a saved UNHEALTHY stands for a minute until a check speaks, and not when it is older", () => {
    const fresh = world({ listing: "pending", saved: [savedShop("unhealthy", 1_700_000_000_000 - 50_000)] });
    fresh.clock.advance(100);
    expect(fresh.shown()).toEqual(["1 unhealthy", "2 healthy"]);
    const old = world({ listing: "pending", saved: [savedShop("unhealthy", 1_700_000_000_000 - 61_000)] });
    old.clock.advance(100);
    expect(old.shown()).toEqual(["1 healthy", "2 healthy"]);
  });
});

describe("an inconsistent service", () => {
  test("its last good state stands with the reason, and others publish", () => {
    const { clock, source, publisher, log } = world();
    source.see(SHOP, [endpointAt(1)]);
    clock.advance(100);
    const good = publisher.snapshot.value.services.get(SHOP);
    source.see(
      SHOP,
      Array.from({ length: ENDPOINTS_MAX + 1 }, (_, index) => endpointAt(index + 1)),
    );
    source.see(CART, [endpointAt(2)]);
    clock.advance(1_000);
    expect(publisher.snapshot.value.services.get(SHOP)).toBe(good);
    expect(publisher.snapshot.value.services.has(CART)).toBe(true);
    expect(publisher.snapshot.value.refused.get(SHOP)).toContain("split the service");
    expect(log.count("service-refused")).toBe(1);
  });
});

describe("retirement", () => {
  function retired(usage: Partial<Usage>) {
    const it = world({ settings: settingsWith({ safety: "off" }), usage });
    it.source.see(SHOP, [endpointAt(1)]);
    it.clock.advance(100);
    it.source.drop(SHOP);
    it.clock.advance(100);
    return it;
  }

  test("a lost service stays, empty, and goes after ten minutes without callers", () => {
    const { clock, publisher, shown } = retired({ byName: 0, byWildcard: 0 });
    expect(shown()).toEqual([]);
    clock.advance(590_000);
    expect(publisher.snapshot.value.services.has(SHOP)).toBe(true);
    clock.advance(71_000);
    expect(publisher.snapshot.value.services.has(SHOP)).toBe(false);
  });

  test("it stays while somebody uses it, and an operator can end it", () => {
    const { clock, publisher, records } = retired({ byName: 1, byWildcard: 0 });
    clock.advance(3_600_000);
    expect(publisher.snapshot.value.services.has(SHOP)).toBe(true);
    records.confirm(SHOP, { author: "ops", reason: "gone for good" });
    clock.advance(100);
    expect(publisher.snapshot.value.services.has(SHOP)).toBe(false);
  });

  test("it stays for ten minutes after the last reported request, whoever subscribes", () => {
    const usage = { quietSinceMs: 0 };
    const { clock, publisher } = retired(usage);
    usage.quietSinceMs = clock.wallMs() + 540_000;
    clock.advance(1_080_000);
    expect(publisher.snapshot.value.services.has(SHOP)).toBe(true);
    clock.advance(120_000);
    expect(publisher.snapshot.value.services.has(SHOP)).toBe(false);
  });

  test("subscribers to everything keep it for a day", () => {
    const { clock, publisher } = retired({ byName: 0, byWildcard: 1 });
    clock.advance(86_000_000);
    expect(publisher.snapshot.value.services.has(SHOP)).toBe(true);
    clock.advance(1_000_000);
    expect(publisher.snapshot.value.services.has(SHOP)).toBe(false);
  });

  test("a service that returns is live again", () => {
    const { clock, source, shown, publisher } = retired({ byName: 1, byWildcard: 0 });
    source.see(SHOP, [endpointAt(2)]);
    clock.advance(100);
    expect(shown()).toEqual(["2 healthy"]);
    expect(publisher.snapshot.value.services.get(SHOP)?.origin).toEqual({ kind: "live" });
  });
});

test("what is saved reads back equal, and a service of another shape is dropped with its name", () => {
  const { clock, source, publisher } = world();
  source.see(SHOP, [endpointAt(1, { instance: "i-1", zone: "a", priority: 1, metadata: { rack: "r7" } }), endpointAt(2, { weight: 0 })]);
  clock.advance(100);
  const snapshot = publisher.snapshot.value;
  const back = readSaved(writeSaved(snapshot), 5);
  expect(back.ok && back.value.services.get(SHOP)).toMatchObject({
    version: snapshot.services.get(SHOP)?.version,
    origin: { kind: "saved", savedAtMs: 5 },
    endpoints: snapshot.services.get(SHOP)?.endpoints,
  });
  const spoilt = Buffer.from(writeSaved(snapshot).toString().replace('"weight":0', '"weight":-1'));
  expect(readSaved(spoilt, 5)).toMatchObject({ ok: true, value: { dropped: ["shop: an endpoint has another shape"] } });
  expect(readSaved(Buffer.from("nonsense"), 5).ok).toBe(false);
});

test("the confirmed mark, priorities and metadata are saved and read back", () => {
  const { clock, source, publisher } = world();
  source.see(SHOP, [endpointAt(1, { priority: 2, metadata: { version: "7" } }), endpointAt(2)]);
  clock.advance(100);
  const [shop] = publisher.snapshot.value.services.values();
  if (shop === undefined) throw new Error("shop is not published");
  const confirmed = { sinceMs: 7, because: "ops: moved", before: 9 };
  const back = readSaved(writeSaved({ ...publisher.snapshot.value, services: new Map([[SHOP, { ...shop, confirmed }]]) }), 5);
  const saved = back.ok ? back.value.services.get(SHOP) : undefined;
  expect(saved).toMatchObject({ confirmed });
  expect(saved?.endpoints[0]?.endpoint).toMatchObject({ priority: 2, metadata: { version: "7" } });
});

test("the same endpoint under a new znode is no event for anybody", () => {
  const { clock, source, publisher, log } = world();
  source.see(SHOP, [endpointAt(1), endpointAt(2, { place: "/shop/member_0000000007" })]);
  clock.advance(1_000);
  const { version, services } = publisher.snapshot.value;
  source.see(SHOP, [endpointAt(1)]);
  clock.advance(500);
  source.see(SHOP, [endpointAt(1), endpointAt(2, { place: "/shop/member_0000000008" })]);
  clock.advance(5_000);
  expect(publisher.snapshot.value.version).toBe(version);
  expect(publisher.snapshot.value.services.get(SHOP)?.endpoints[1]?.sinceMs).toBe(services.get(SHOP)?.endpoints[1]?.sinceMs);
  expect(log.count("endpoint-removed")).toBe(0);
});

test("a collapse that the registry let through is published with its mark, and so is a service that everybody lost", () => {
  const { clock, source, publisher, records } = world();
  source.see(SHOP, [endpointAt(1), endpointAt(2)]);
  clock.advance(100);
  source.see(SHOP, []);
  records.confirm(SHOP, { author: "ops", reason: "moved" });
  clock.advance(100);
  expect(publisher.snapshot.value.services.get(SHOP)).toMatchObject({ endpoints: [], confirmed: { because: "ops: moved" } });
  source.see(CART, [endpointAt(1)]);
  clock.advance(100);
  source.drop(CART);
  clock.advance(301_000);
  expect(publisher.snapshot.value.services.get(CART)).toMatchObject({ origin: { kind: "retired" }, confirmed: { before: 1 } });
});

test("closing leaves no timer behind", async () => {
  const { clock, source, publisher, registry } = world();
  source.see(SHOP, [endpointAt(1)]);
  await publisher.close();
  await registry.close();
  expect(clock.pendingCount).toBe(0);
});
