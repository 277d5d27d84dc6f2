import type { ServiceName } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import { endpointAt, FakeSource, idOf } from "../discovery/testing/fake-source.js";
import { registryUnderTest, SHOP } from "./testing/registry-under-test.js";

const some = (count: number, from = 1) => Array.from({ length: count }, (_, index) => endpointAt(from + index));
const HEALTHY = { status: "healthy", refusing: false } as const;

describe("flap damping", () => {
  /** Out for 3 s, in for 3 s, so often; it ends absent. */
  function flapping(times: number, options = {}) {
    const source = new FakeSource("one");
    const parts = registryUnderTest([source], options);
    source.see(SHOP, some(4));
    for (let round = 0; round < times; round++) {
      parts.clock.advance(3_000);
      source.see(SHOP, some(3));
      if (round === times - 1) break;
      parts.clock.advance(3_000);
      source.see(SHOP, some(4));
    }
    return { ...parts, source };
  }

  test("one that left three times within half a minute is held; its coming and going publishes nothing more", () => {
    const { holdOf, clock, source, ports, log } = flapping(3);
    expect(holdOf(4)).toMatchObject({ kind: "flap" });
    for (let round = 0; round < 100; round++) {
      clock.advance(3_000);
      expect(ports()).toEqual([1, 2, 3, 4]);
      source.see(SHOP, some(round % 2 === 0 ? 4 : 3));
    }
    expect(log.lines.filter(({ event }) => event === "endpoint-removed")).toHaveLength(2);
  });

  test("it is let go within a minute of staying away, and taken again at once when it comes", () => {
    const { clock, source, ports } = flapping(12);
    clock.advance(61_000);
    expect(ports()).toEqual([1, 2, 3]);
    source.see(SHOP, some(4));
    expect(ports()).toEqual([1, 2, 3, 4]);
  });

  test("an operator ends it at once", () => {
    const { confirm, ports } = flapping(12);
    confirm();
    expect(ports()).toEqual([1, 2, 3]);
  });

  test("the others leave after their usual second, and a calm hour forgives everything", () => {
    const { clock, source, ports, registry } = flapping(12);
    source.see(SHOP, some(2));
    clock.advance(1_100);
    expect(ports()).toEqual([1, 2, 4]);
    clock.advance(3_600_000);
    expect(registry.flapPenalty(SHOP, idOf(4))).toBeLessThan(1);
  });

  test("one that restarts every half minute does not flap", () => {
    const source = new FakeSource("one");
    const { clock, holdOf } = registryUnderTest([source]);
    source.see(SHOP, some(4));
    for (let round = 0; round < 20; round++) {
      source.see(SHOP, some(3));
      expect(holdOf(4)).toMatchObject({ kind: "debounce" });
      clock.advance(5_000);
      source.see(SHOP, some(4));
      clock.advance(25_000);
    }
  });

  test("safety off damps nothing", () => {
    expect(flapping(12, { safety: "off" }).ports()).toEqual([1, 2, 3]);
  });
});

describe("a mass change across services", () => {
  const names = ["a", "b", "c", "d", "e"] as ServiceName[];

  /** Five services of eight, each of which loses so many. */
  function losing(each: number, services = names) {
    const source = new FakeSource("one");
    const parts = registryUnderTest([source]);
    for (const name of names) source.see(name, some(8));
    parts.clock.advance(60_000);
    for (const name of services) source.see(name, some(8 - each));
    return { ...parts, source };
  }

  test("a minority of each of many services is held as if the source had said that it is disturbed", () => {
    const { clock, holdOf, ports, registry } = losing(3);
    expect(holdOf(8, names[4])).toMatchObject({ kind: "disturbed" });
    expect(holdOf(8, names[0])).toMatchObject({ kind: "disturbed" });
    expect(registry.sources.value[0]).toMatchObject({ massChange: true, disturbedUntilMs: clock.wallMs() + 60_000 });
    clock.advance(59_000);
    expect(ports(names[0])).toHaveLength(8);
  });

  test("it lets go by itself after a minute", () => {
    const { clock, ports } = losing(3);
    clock.advance(61_000);
    for (const name of names) expect(ports(name)).toEqual([1, 2, 3, 4, 5]);
  });

  test("an operator ends it for one service; the others wait on", () => {
    const { clock, confirm, ports } = losing(3);
    clock.advance(2_000);
    confirm(names[1]);
    expect(ports(names[1])).toHaveLength(5);
    expect(ports(names[2])).toHaveLength(8);
  });

  test.each([
    ["one of eight in each of five services", 1, names],
    ["half of one service", 4, names.slice(0, 1)],
  ])("%s is no mass change", (_what, each, services) => {
    const { clock, ports, registry } = losing(each, services);
    expect(registry.sources.value[0]?.massChange).toBe(false);
    clock.advance(1_100);
    expect(ports(names[0])).toHaveLength(8 - each);
  });
});

describe("the shrink guard asks again before it believes", () => {
  test("two more readings are asked for before the clock ends, and it ends all the same", () => {
    const source = new FakeSource("one");
    const asked: (string | undefined)[] = [];
    source.onRefresh = (service) => asked.push(service);
    const { clock, ports } = registryUnderTest([source]);
    source.see(SHOP, some(6));
    source.see(SHOP, []);
    clock.advance(130_000);
    expect(asked).toEqual([]);
    clock.advance(160_000);
    expect(asked).toEqual([SHOP, SHOP]);
    expect(ports()).toHaveLength(6);
    clock.advance(11_000);
    expect(ports()).toEqual([]);
  });

  test("a reading asked for that fails stops the clock", () => {
    const source = new FakeSource("one");
    source.onRefresh = () => source.stale(SHOP, [], "connection lost");
    const { clock, ports } = registryUnderTest([source]);
    source.see(SHOP, some(6));
    source.see(SHOP, []);
    clock.advance(3_600_000);
    expect(ports()).toHaveLength(6);
  });

  test("a reading asked for that finds them again ends it without an event", () => {
    const source = new FakeSource("one");
    const all = some(6);
    source.onRefresh = () => source.see(SHOP, all);
    const { clock, holdOf, ports, log } = registryUnderTest([source]);
    source.see(SHOP, all);
    source.see(SHOP, []);
    clock.advance(3_600_000);
    expect(ports()).toHaveLength(6);
    expect(holdOf(1)).toBeUndefined();
    expect(log.count("endpoint-removed")).toBe(0);
  });
});

describe("the confirmed mark", () => {
  function collapsed(left: number, options = {}) {
    const source = new FakeSource("one");
    const parts = registryUnderTest([source], options);
    source.see(SHOP, some(10));
    source.see(SHOP, some(left));
    return { ...parts, source };
  }

  test("a collapse that waited its time out is marked, with since and why, until half are back", () => {
    const { clock, confirmedMark, source } = collapsed(2);
    expect(confirmedMark()).toBeUndefined();
    clock.advance(301_000);
    expect(confirmedMark()).toMatchObject({ because: "its clock ran out", before: 10 });
    const mark = confirmedMark();
    source.see(SHOP, some(4));
    expect(confirmedMark()).toBe(mark);
    source.see(SHOP, some(5));
    expect(confirmedMark()).toBeUndefined();
  });

  test("what an operator confirmed says who and why", () => {
    const { confirm, confirmedMark } = collapsed(0);
    confirm();
    expect(confirmedMark()).toMatchObject({ because: "ops: seen it", before: 10 });
  });

  test("with safety off a collapse is taken at its word and marked", () => {
    expect(collapsed(1, { safety: "off" }).confirmedMark()).toMatchObject({ because: "its source lost it, and safety is off" });
  });

  test("a minority that leaves, and endpoints that refuse, mark nothing", () => {
    const { clock, confirmedMark, witness } = collapsed(6);
    clock.advance(2_000);
    expect(confirmedMark()).toBeUndefined();
    for (let port = 1; port <= 6; port++) witness(port, { status: "unhealthy", refusing: true });
    expect(confirmedMark()).toBeUndefined();
  });

  test("a restart remembers it", () => {
    const confirmed = { sinceMs: 7, because: "ops: moved away", before: 10 };
    const source = new FakeSource("one", { kind: "pending" });
    const { confirmedMark } = registryUnderTest([source], { remembered: { endpoints: [], confirmed } });
    source.see(SHOP, []);
    expect(confirmedMark()).toBe(confirmed);
    source.see(SHOP, some(10));
    expect(confirmedMark()).toBeUndefined();
  });
});

test("what is held, let through, quarantined and disturbed is in the metrics", async () => {
  const source = new FakeSource("one");
  const { clock, metrics } = registryUnderTest([source]);
  source.disturbedUntilMs.set(clock.wallMs() + 30_000);
  source.see(SHOP, some(10));
  source.see(SHOP, some(2));
  const text = await metrics.expose();
  expect(text).toContain('fairlead_registry_holds{kind="shrink"} 8');
  expect(text).toContain('fairlead_registry_source_state{source="one",state="complete"} 1');
  expect(text).toContain(`fairlead_registry_source_disturbed_until_seconds{source="one"} ${clock.wallMs() / 1_000 + 30}`);
  clock.advance(301_000);
  expect(await metrics.expose()).toContain("fairlead_registry_confirmed_services 1");
});

describe("evidence is not doubted", () => {
  test("who said that it leaves, and then left, is held by nothing, and its leaving is no collapse of the others", () => {
    const source = new FakeSource("one");
    const { clock, ports } = registryUnderTest([source]);
    source.disturbedUntilMs.set(clock.wallMs() + 60_000);
    source.see(SHOP, [...some(2), ...some(6, 3).map((endpoint) => ({ ...endpoint, draining: "status OUT_OF_SERVICE" }))]);
    source.see(SHOP, some(2));
    expect(ports()).toEqual([1, 2]);
  });

  test("silence ends no hold: a check that times out takes an endpoint out of traffic, not out of the list", () => {
    const source = new FakeSource("one");
    const { clock, ports, witness } = registryUnderTest([source]);
    source.see(SHOP, some(6));
    source.see(SHOP, []);
    witness(1, { status: "unhealthy", refusing: false });
    clock.advance(299_000);
    expect(ports()).toHaveLength(6);
  });
});

describe("listed no more, but healthy", () => {
  function unlisted(policy: "remove" | "keep-while-healthy") {
    const source = new FakeSource("one");
    const parts = registryUnderTest([source], { unlisted: policy });
    source.see(SHOP, some(3));
    for (const port of [1, 2, 3]) parts.witness(port, HEALTHY);
    source.see(SHOP, some(2));
    return { ...parts, source };
  }

  test("it leaves after its hold by default, and stays, with the reason, where that is asked for", () => {
    const byDefault = unlisted("remove");
    byDefault.clock.advance(1_100);
    expect(byDefault.ports()).toEqual([1, 2]);
    const { clock, ports, holdOf } = unlisted("keep-while-healthy");
    clock.advance(3_600_000);
    expect(ports()).toEqual([1, 2, 3]);
    expect(holdOf(3)).toMatchObject({ kind: "retained" });
  });

  test("it leaves as soon as it is not healthy, and after a day in any case", () => {
    const sick = unlisted("keep-while-healthy");
    sick.clock.advance(60_000);
    sick.witness(3, { status: "unhealthy", refusing: false });
    expect(sick.ports()).toEqual([1, 2]);
    const { clock, ports } = unlisted("keep-while-healthy");
    clock.advance(86_399_000);
    expect(ports()).toEqual([1, 2, 3]);
    clock.advance(2_000);
    expect(ports()).toEqual([1, 2]);
  });

  test("an operator ends it at once", () => {
    const { clock, confirm, ports } = unlisted("keep-while-healthy");
    clock.advance(60_000);
    confirm();
    expect(ports()).toEqual([1, 2]);
  });
});
