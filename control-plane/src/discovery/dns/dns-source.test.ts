import { describe, expect, test } from "vitest";
import type { Reading } from "../source.js";
import {
  address,
  alias,
  dnsName,
  dnsUnderTest,
  type FakeResolver,
  nameOf,
  OTHER_RESOLVER,
  RESOLVER,
  soa,
} from "./testing/fake-resolver.js";

const SHOP = [dnsName("shop", "shop.example.")];
const says =
  (...ips: readonly string[]): FakeResolver["say"] =>
  ({ name }) => ({ answers: ips.map((ip) => address(name, ip, 10)) });

function idsOf(reading: { kind: string; reading?: Reading } | undefined): readonly string[] {
  return [...(reading?.reading?.endpoints.keys() ?? [])];
}

describe("the DNS source", () => {
  test("lists its services from the start, pending, and then gives a complete reading", async () => {
    const { reading, pass, source } = dnsUnderTest(SHOP, says("10.0.0.2", "10.0.0.1"));
    expect(reading()).toEqual({ kind: "pending" });
    expect(source.listing.value).toMatchObject({ kind: "seen", completeness: { kind: "complete" } });
    await pass();
    expect(reading()).toMatchObject({ kind: "seen", reading: { completeness: { kind: "complete" }, quarantined: [] } });
    const shop = reading();
    const endpoint = shop?.kind === "seen" ? [...shop.reading.endpoints.values()][0] : undefined;
    expect(endpoint).toEqual({
      id: "10.0.0.1:80",
      ip: "10.0.0.1",
      port: 80,
      weight: 100,
      zone: "default",
      place: `dns shop.example. A via ${RESOLVER}`,
    });
  });

  test("asks again before each TTL runs out, not much before", async () => {
    const { reading, pass, resolver, metrics } = dnsUnderTest(SHOP, says("10.0.0.1"));
    await pass(10_500);
    const [second = 0] = resolver.asked.slice(1).map(({ atMs }) => atMs);
    resolver.say = says("10.0.0.1", "10.0.0.2");
    await pass(second + 8_400 - 10_500);
    expect(resolver.asked).toHaveLength(2);
    await pass(1_300);
    expect(resolver.asked).toHaveLength(3);
    expect(await metrics.expose()).not.toMatch(/dns_lookups_late_total\{/);
    expect(idsOf(reading())).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
  });

  test("order and repetition are no change, and the next resolver's same answer is none either", async () => {
    const { reading, pass, resolver } = dnsUnderTest(SHOP, says("10.0.0.1", "10.0.0.2"), { resolvers: [RESOLVER, OTHER_RESOLVER] });
    await pass();
    const before = reading();
    resolver.say = (asked) => (asked.server === RESOLVER ? "no answer" : says("10.0.0.2", "10.0.0.1", "10.0.0.2")(asked));
    await pass(11_000);
    expect(resolver.asked.map((asked) => asked.server).slice(-2)).toEqual([RESOLVER, OTHER_RESOLVER]);
    expect(reading()).toBe(before);
  });

  test("one address more, from another resolver, leaves the others as they were, provenance included", async () => {
    const { reading, pass, resolver } = dnsUnderTest(SHOP, says("10.0.0.1"), { resolvers: [RESOLVER, OTHER_RESOLVER] });
    await pass();
    const before = reading();
    resolver.say = (asked) => (asked.server === RESOLVER ? "no answer" : says("10.0.0.1", "10.0.0.2")(asked));
    await pass(11_000);
    const after = reading();
    if (before?.kind !== "seen" || after?.kind !== "seen") throw new Error("not seen");
    const [first, second] = [...after.reading.endpoints.values()];
    expect(first).toBe([...before.reading.endpoints.values()][0]);
    expect([first?.place, second?.place]).toEqual([RESOLVER, OTHER_RESOLVER].map((server) => `dns shop.example. A via ${server}`));
  });

  test("asks first who answers; whom it does not ask is probed", async () => {
    const { pass, resolver } = dnsUnderTest(SHOP, (asked) => (asked.server === RESOLVER ? "no answer" : says("10.0.0.1")(asked)), {
      resolvers: [RESOLVER, OTHER_RESOLVER],
    });
    await pass(11_500);
    expect(resolver.asked.map((asked) => asked.server)).toEqual([RESOLVER, OTHER_RESOLVER, OTHER_RESOLVER, RESOLVER]);
  });

  test("a failure makes the last reading stale since its beginning, and recovery leaves no trace", async () => {
    const { reading, pass, resolver, clock } = dnsUnderTest(SHOP, says("10.0.0.1"));
    await pass();
    const before = reading();
    resolver.say = () => ({ rcode: "SERVFAIL" });
    await pass(12_000);
    const stale = reading();
    if (before?.kind !== "seen" || stale?.kind !== "stale") throw new Error("not stale");
    expect(stale.reading).toBe(before.reading);
    expect(stale.cause).toBe(`shop.example. A: ${RESOLVER} udp: the server answered SERVFAIL`);
    const since = stale.sinceMs;
    expect(clock.wallMs() - since).toBeLessThanOrEqual(7_000);
    await pass(60_000);
    expect(reading()).toMatchObject({ kind: "stale", sinceMs: since });
    resolver.say = says("10.0.0.1");
    await pass(31_000);
    expect(reading()).toMatchObject({ kind: "seen" });
    expect((reading() as typeof before).reading).toBe(before.reading);
  });

  test("failing from the start is pending: nothing was ever known", async () => {
    const { reading, pass } = dnsUnderTest(SHOP, () => "no answer");
    await pass(20_000);
    expect(reading()).toEqual({ kind: "pending", cause: `shop.example. A: ${RESOLVER} udp: no answer` });
  });

  test("no name and no data are doubted first, then complete, empty readings, rechecked as the zone says", async () => {
    for (const rcode of ["NXDOMAIN", "NOERROR"] as const) {
      const { reading, pass, resolver } = dnsUnderTest(SHOP, says("10.0.0.1"));
      await pass();
      resolver.say = () => ({ rcode, authorities: [soa(300, 4)] });
      await pass(10_500);
      expect(reading()).toMatchObject({ kind: "seen", reading: { completeness: { kind: "partial" } } });
      expect(idsOf(reading())).toEqual(["10.0.0.1:80"]);
      await pass(4_000);
      expect(reading()).toMatchObject({ kind: "seen", reading: { completeness: { kind: "complete" } } });
      expect(idsOf(reading())).toEqual([]);
      const asked = resolver.asked.length;
      await pass(4_500);
      expect(resolver.asked.length).toBeGreaterThan(asked);
    }
  });

  test("what is truncated over TCP is a partial reading", async () => {
    const { reading, pass, resolver } = dnsUnderTest(SHOP, (asked) => ({ ...(says("10.0.0.1")(asked) as object), truncated: true }));
    await pass();
    expect(resolver.asked.map((asked) => asked.protocol)).toEqual(["udp", "tcp"]);
    expect(reading()).toMatchObject({
      kind: "seen",
      reading: { completeness: { kind: "partial", reason: expect.stringContaining("truncated") } },
    });
    expect(idsOf(reading())).toEqual(["10.0.0.1:80"]);
  });

  test("addresses nobody can connect to are quarantined and cost the others nothing", async () => {
    const { reading, pass } = dnsUnderTest(SHOP, says("0.0.0.0", "10.0.0.1"));
    await pass();
    expect(idsOf(reading())).toEqual(["10.0.0.1:80"]);
    expect(reading()).toMatchObject({ reading: { quarantined: [{ reason: expect.stringContaining("0.0.0.0") }] } });
  });

  test("several names make one reading, complete only when all of them are", async () => {
    const names = [dnsName("shop", "a.example"), dnsName("shop", "b.example", 81), dnsName("shop", "c.example", 82, "AAAA")];
    const down = new Set(["b.example"]);
    const say: FakeResolver["say"] = (asked) => {
      if (down.has(asked.name)) return "no answer";
      return says(asked.type === "AAAA" ? "fd00::1" : asked.name === "a.example" ? "10.0.0.1" : "10.0.0.2")(asked);
    };
    const { reading, pass } = dnsUnderTest(names, say);
    await pass();
    expect(reading()).toMatchObject({
      kind: "seen",
      reading: { completeness: { kind: "partial", reason: expect.stringContaining("b.example. A: never answered") } },
    });
    expect(idsOf(reading())).toEqual(["10.0.0.1:80", "[fd00::1]:82"]);
    down.clear();
    await pass(5_000);
    expect(reading()).toMatchObject({ kind: "seen", reading: { completeness: { kind: "complete" } } });
    expect(idsOf(reading())).toHaveLength(3);
    down.add("a.example");
    await pass(12_000);
    expect(reading()).toMatchObject({
      kind: "seen",
      reading: {
        completeness: { kind: "complete" },
        quarantined: [
          { place: "dns a.example. A", reason: expect.stringMatching(/^failing since .*, what it last gave is kept: .*no answer/) },
        ],
      },
    });
    expect(idsOf(reading())).toHaveLength(3);
    for (const name of ["b.example", "c.example"]) down.add(name);
    await pass(30_000);
    expect(reading()).toMatchObject({
      kind: "stale",
      reading: { completeness: { kind: "complete" } },
      cause: expect.stringContaining("2 more names"),
    });
  });

  test("a name that several services use is asked once", async () => {
    const { reading, pass, resolver } = dnsUnderTest(
      [dnsName("shop", "shop.example"), dnsName("cart", "SHOP.example.", 81)],
      says("10.0.0.1"),
    );
    await pass();
    expect(resolver.asked).toHaveLength(1);
    expect(idsOf(reading("shop"))).toEqual(["10.0.0.1:80"]);
    expect(idsOf(reading("cart"))).toEqual(["10.0.0.1:81"]);
  });

  test("an unchanged service keeps its reference when another changes, and is not told of", async () => {
    const { source, reading, pass, resolver } = dnsUnderTest([...SHOP, dnsName("cart", "cart.example")], says("10.0.0.1"));
    await pass();
    const cart = reading("cart");
    const told: string[][] = [];
    source.services.watch((_all, changed) => told.push([...changed]));
    told.length = 0;
    resolver.say = (asked) => says(...(asked.name === "shop.example" ? ["10.0.0.2"] : ["10.0.0.1"]))(asked);
    await pass(12_000);
    expect(told).toEqual([["shop"]]);
    expect(reading("cart")).toBe(cart);
  });

  test("at most 512 lookups are under way, and everybody gets a turn", async () => {
    const names = Array.from({ length: 1_100 }, (_, index) => dnsName(`s${index}`, `s${index}.example`));
    const { source, pass, resolver } = dnsUnderTest(names, says("10.0.0.1"), { settings: { queriesPerSecond: 100_000 } });
    await pass(500);
    resolver.holding = true;
    resolver.say = says("10.0.0.1", "10.0.0.2");
    resolver.asked.length = 0;
    source.refresh();
    await pass();
    expect(resolver.asked.length).toBe(512);
    for (let round = 0; round < 10; round++) {
      expect(resolver.held).toBeLessThanOrEqual(512);
      resolver.release();
      await pass();
    }
    const moved = names.filter((name) => idsOf(source.services.value.get(name.service)).join() === "10.0.0.1:80,10.0.0.2:80");
    expect(moved).toHaveLength(1_100);
  });

  test("refresh asks now, once; asked during a lookup it asks again after it", async () => {
    const { source, pass, resolver } = dnsUnderTest(SHOP, says("10.0.0.1"));
    await pass();
    source.refresh(nameOf("shop"));
    source.refresh();
    await pass();
    expect(resolver.asked.length).toBe(3);
    resolver.holding = true;
    source.refresh();
    await pass();
    source.refresh();
    source.refresh();
    expect(resolver.asked.length).toBe(4);
    resolver.holding = false;
    resolver.release();
    await pass();
    expect(resolver.asked.length).toBe(5);
  });

  test("uses the system's nameservers when the settings name none", async () => {
    const { pass, resolver } = dnsUnderTest(SHOP, says("10.0.0.1"), { resolvers: [] });
    await pass();
    expect(resolver.asked[0]?.server).toBe("10.9.9.9:53");
  });

  test("says each change of outcome once, and counts every lookup", async () => {
    const { pass, resolver, log, metrics } = dnsUnderTest(SHOP, ({ name }) => ({
      answers: [alias(name, "b.example"), address("b.example", "10.0.0.1", 1)],
    }));
    await pass(10_000);
    resolver.say = () => "no answer";
    await pass(20_000);
    const outcomes = log.lines.filter(({ event }) => event === "dns-outcome");
    expect(outcomes.map((line) => [line.level, line.fields["outcome"]])).toEqual([
      ["info", "records"],
      ["warn", "failure"],
    ]);
    const text = await metrics.expose();
    expect(text).toMatch(/fairlead_dns_lookups_total\{source="dns",outcome="records"\} \d/);
    expect(text).toMatch(/fairlead_dns_lookups_total\{source="dns",outcome="failure"\} \d/);
  });

  test("an answer that comes after close changes nothing", async () => {
    const { source, pass, resolver, reading, clock } = dnsUnderTest(SHOP, says("10.0.0.1"));
    await pass();
    resolver.holding = true;
    resolver.say = says("10.0.0.2");
    source.refresh();
    await pass();
    void source.close();
    resolver.release();
    await pass();
    expect(idsOf(reading())).toEqual(["10.0.0.1:80"]);
    expect(clock.pendingCount).toBe(0);
  });
});
