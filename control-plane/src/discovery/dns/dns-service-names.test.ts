// Names that are more than one list of addresses: SRV records with their targets, both families, preference.

import { describe, expect, test } from "vitest";
import type { DnsNameSettings } from "../../config/index.js";
import type { Endpoint } from "../source.js";
import { address, dnsName, dnsUnderTest, type FakeResolver, type Reply, soa, srv } from "./testing/fake-resolver.js";

const SRV = "_http._tcp.shop.example";
const SHOP = [dnsName("shop", SRV, undefined, "SRV")];
const NOTHING: Reply = { authorities: [soa(5, 5)] };

/** A zone by `name type`; what is not in it has no data; a text is a failure. */
type Zone = Record<string, readonly string[] | readonly [number, number, number, string][] | "fail">;

function zoneSays(zone: Zone, ttl = 5): FakeResolver["say"] {
  return ({ name, type }) => {
    const records = zone[`${name} ${type}`];
    if (records === "fail") return "no answer";
    if (records === undefined) return NOTHING;
    return { answers: records.map((one) => (typeof one === "string" ? address(name, one, ttl) : srv(name, one, ttl))) };
  };
}

function zoneUnderTest(zone: Zone, names: readonly DnsNameSettings[] = SHOP) {
  const all = dnsUnderTest(names, zoneSays(zone));
  const endpoints = () => {
    const reading = all.reading();
    return reading === undefined || reading.kind === "pending" ? [] : [...reading.reading.endpoints.values()];
  };
  const change = (next: Zone) => {
    all.resolver.say = zoneSays(next);
  };
  return { ...all, endpoints, change, ids: () => endpoints().map(({ id }) => id) };
}

const TWO_TARGETS: Zone = {
  [`${SRV} SRV`]: [
    [10, 60, 8_080, "a.example"],
    [20, 0, 8_081, "b.example"],
  ],
  "a.example A": ["10.0.0.1"],
  "a.example AAAA": ["fd00::1"],
  "b.example A": ["10.0.0.2"],
};

describe("SRV records", () => {
  test("become endpoints with port, weight and priority, in one complete reading", async () => {
    const { reading, endpoints, pass, source } = zoneUnderTest(TWO_TARGETS);
    const kinds: string[] = [];
    source.services.watch((all) => kinds.push([...all.values()].map(({ kind }) => kind).join()));
    await pass(100);
    const said = ({ id, weight, priority }: Endpoint) => [id, weight, priority];
    expect(endpoints().map(said)).toEqual([
      ["10.0.0.1:8080", 60, undefined],
      ["[fd00::1]:8080", 60, undefined],
      ["10.0.0.2:8081", 100, 1],
    ]);
    expect(endpoints()[2]?.place).toMatch(/^dns b\.example\. A via /);
    expect(reading()).toMatchObject({ kind: "seen", reading: { completeness: { kind: "complete" }, quarantined: [] } });
    expect(kinds).toEqual(["pending", "seen"]);
  });

  test("a target with two ports is two endpoints and is asked once; so is one of two services", async () => {
    const other = "_http._tcp.cart.example";
    const { source, resolver, pass, ids } = zoneUnderTest(
      {
        [`${SRV} SRV`]: [
          [1, 1, 80, "a.example"],
          [1, 1, 81, "a.example"],
        ],
        [`${other} SRV`]: [[1, 1, 82, "A.example."]],
        "a.example A": ["10.0.0.1"],
      },
      [...SHOP, dnsName("cart", other, undefined, "SRV")],
    );
    await pass(100);
    expect(ids()).toEqual(["10.0.0.1:80", "10.0.0.1:81"]);
    expect(source.services.value.size).toBe(2);
    expect(resolver.asked.filter(({ name, type }) => name === "a.example" && type === "A")).toHaveLength(1);
  });

  test("a target that goes is asked no more, one that comes is asked at once", async () => {
    const { change, ids, pass, resolver } = zoneUnderTest(TWO_TARGETS);
    await pass(100);
    change({
      ...TWO_TARGETS,
      [`${SRV} SRV`]: [
        [10, 60, 8_080, "a.example"],
        [10, 40, 9_090, "c.example"],
      ],
      "c.example A": ["10.0.0.3"],
    });
    await pass(5_100);
    expect(ids()).toEqual(["10.0.0.1:8080", "[fd00::1]:8080", "10.0.0.3:9090"]);
    resolver.asked.length = 0;
    await pass(20_000);
    const asked = new Set(resolver.asked.map(({ name }) => name));
    expect([...asked].sort()).toEqual([SRV, "a.example", "c.example"]);
  });

  test("each target lives by its own TTL", async () => {
    const { pass, resolver } = dnsUnderTest(SHOP, ({ name, type }) => {
      if (type === "SRV") return { answers: [srv(name, [1, 1, 80, "a.example"], 60)] };
      return type === "A" ? { answers: [address(name, "10.0.0.1", 2)] } : { authorities: [soa(60, 60)] };
    });
    await pass(100);
    resolver.asked.length = 0;
    await pass(20_000);
    const count = (wanted: string) => resolver.asked.filter(({ type }) => type === wanted).length;
    expect(count("A")).toBeGreaterThanOrEqual(10);
    expect(count("SRV")).toBe(0);
  });

  test("a target without an address is set aside with its reason and costs the others nothing", async () => {
    const { reading, ids, pass } = zoneUnderTest({ ...TWO_TARGETS, "b.example A": [] });
    await pass(100);
    expect(ids()).toEqual(["10.0.0.1:8080", "[fd00::1]:8080"]);
    expect(reading()).toMatchObject({
      reading: {
        completeness: { kind: "complete" },
        quarantined: [{ place: `dns ${SRV}. SRV`, reason: "its target b.example. has no address" }],
      },
    });
  });

  test("a target that fails keeps its addresses; one that never answered makes the reading partial", async () => {
    const { reading, change, ids, pass } = zoneUnderTest({ ...TWO_TARGETS, "b.example A": "fail" });
    await pass(100);
    expect(reading()).toMatchObject({
      reading: { completeness: { kind: "partial", reason: expect.stringContaining("b.example. A: never answered") } },
    });
    change(TWO_TARGETS);
    await pass(8_000);
    expect(ids()).toHaveLength(3);
    change({ ...TWO_TARGETS, "b.example A": "fail" });
    await pass(8_000);
    expect(ids()).toHaveLength(3);
    expect(reading()).toMatchObject({
      kind: "seen",
      reading: { completeness: { kind: "complete" }, quarantined: [{ place: "dns b.example. A" }] },
    });
  });

  test("the target . says that there is no such service: an absence, doubted first", async () => {
    const { reading, change, ids, pass } = zoneUnderTest(TWO_TARGETS);
    await pass(100);
    change({ ...TWO_TARGETS, [`${SRV} SRV`]: [[0, 0, 0, "."]] });
    await pass(5_100);
    expect(ids()).toHaveLength(3);
    expect(reading()).toMatchObject({ reading: { completeness: { kind: "partial" } } });
    await pass(5_000);
    expect(reading()).toMatchObject({ kind: "seen", reading: { completeness: { kind: "complete" } } });
    expect(ids()).toEqual([]);
  });
});

describe("both families", () => {
  const both = (prefer?: DnsNameSettings["prefer"]) => [{ ...dnsName("shop", "shop.example", 80, "both"), prefer }];
  const zone: Zone = { "shop.example A": ["10.0.0.1"], "shop.example AAAA": ["fd00::1"] };

  test("are one reading", async () => {
    const { ids, pass } = zoneUnderTest(zone, both());
    await pass(100);
    expect(ids()).toEqual(["10.0.0.1:80", "[fd00::1]:80"]);
  });

  test("one that fails takes nothing from itself and stops nothing in the other", async () => {
    const { ids, change, reading, pass } = zoneUnderTest({ ...zone, "shop.example A": ["10.0.0.1", "10.0.0.2"] }, both());
    await pass(100);
    change({ "shop.example A": ["10.0.0.2", "10.0.0.3"], "shop.example AAAA": "fail" });
    await pass(8_000);
    expect(ids()).toEqual(["10.0.0.2:80", "10.0.0.3:80", "[fd00::1]:80"]);
    expect(reading()).toMatchObject({
      kind: "seen",
      reading: { completeness: { kind: "complete" }, quarantined: [{ place: "dns shop.example. AAAA" }] },
    });
  });

  test("one that never answered leaves the other's addresses and makes the reading partial: nobody knows what it holds", async () => {
    const { ids, reading, pass } = zoneUnderTest({ ...zone, "shop.example AAAA": "fail" }, both());
    await pass(100);
    expect(ids()).toEqual(["10.0.0.1:80"]);
    expect(reading()).toMatchObject({ kind: "seen", reading: { completeness: { kind: "partial" } } });
  });

  test("the preferred one alone is used where there is one, also while it fails", async () => {
    const six = zoneUnderTest(zone, both("ipv6"));
    const four = zoneUnderTest({ "shop.example AAAA": ["fd00::1"] }, both("ipv4"));
    await six.pass(100);
    await four.pass(100);
    expect(six.ids()).toEqual(["[fd00::1]:80"]);
    expect(four.ids()).toEqual(["[fd00::1]:80"]);
    six.change({ ...zone, "shop.example AAAA": "fail" });
    await six.pass(10_000);
    expect(six.ids()).toEqual(["[fd00::1]:80"]);
  });
});
