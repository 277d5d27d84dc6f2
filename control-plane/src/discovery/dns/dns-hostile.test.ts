// Resolvers that mislead, and changes at bad moments: each against what an operator expects of it.

import { describe, expect, test } from "vitest";
import { address, dnsName, dnsUnderTest, type FakeResolver, OTHER_RESOLVER, RESOLVER, srv } from "./testing/fake-resolver.js";

const SHOP = [dnsName("shop", "shop.example.")];
const says =
  (...ips: readonly string[]): FakeResolver["say"] =>
  ({ name }) => ({ answers: ips.map((ip) => address(name, ip, 30)) });
const TEN = Array.from({ length: 10 }, (_, index) => `10.0.2.${index}`);

function idsOf(reading: ReturnType<ReturnType<typeof dnsUnderTest>["reading"]>): readonly string[] {
  return reading === undefined || reading.kind === "pending" ? [] : [...reading.reading.endpoints.keys()].sort();
}

describe("what leaves", () => {
  test("a planned move of all addresses is followed within one TTL, with one resolver as with two", async () => {
    for (const resolvers of [[RESOLVER], [RESOLVER, OTHER_RESOLVER]]) {
      const { reading, resolver, pass, source } = dnsUnderTest(SHOP, says("10.0.0.1", "10.0.0.2"), { resolvers });
      await pass(100);
      resolver.say = says("10.0.9.1", "10.0.9.2");
      await pass(30_500);
      expect(idsOf(reading())).toEqual(["10.0.9.1:80", "10.0.9.2:80"]);
      expect(reading()).toMatchObject({ kind: "seen", reading: { completeness: { kind: "complete" } } });
      await source.close();
    }
  });

  test("after a change of resolver a name that gives two of many each time loses what is gone, too", async () => {
    const { reading, resolver, pass } = dnsUnderTest(SHOP, says("10.0.0.1"), { resolvers: [RESOLVER, OTHER_RESOLVER] });
    await pass(100);
    let turn = 0;
    resolver.say = (asked) => {
      turn += 1;
      return asked.server === RESOLVER ? "no answer" : says(TEN[turn % 10] ?? "", TEN[(turn + 3) % 10] ?? "")(asked);
    };
    await pass(120_000);
    expect(idsOf(reading())).not.toContain("10.0.0.1:80");
    expect(idsOf(reading()).length).toBeGreaterThan(0);
    expect(reading()).toMatchObject({ kind: "seen", reading: { completeness: { kind: "complete" } } });
  });

  test("a resolver that answers every name with 0.0.0.0 says that it is at fault, not that everybody is gone", async () => {
    const { reading, resolver, pass } = dnsUnderTest(SHOP, says("10.0.0.1", "10.0.0.2"));
    await pass(100);
    resolver.say = says("0.0.0.0");
    await pass(120_000);
    expect(reading()).toMatchObject({ kind: "seen", reading: { completeness: { kind: "partial" } } });
    resolver.say = says("10.0.0.2");
    await pass(60_000);
    expect(idsOf(reading())).toEqual(["10.0.0.2:80"]);
    expect(reading()).toMatchObject({ kind: "seen", reading: { completeness: { kind: "complete" } } });
  });

  test("SRV targets that are addresses or no names at all are set aside, and never asked for", async () => {
    const { reading, resolver, pass } = dnsUnderTest([dnsName("shop", "_h._tcp.example", 80, "SRV")], (asked) =>
      asked.type === "SRV"
        ? {
            answers: ["10.0.0.9", "a b", "\u00fc.example", "one.example", "two.example", "three.example", "four.example"].map((target) =>
              srv(asked.name, [0, 0, 80, target]),
            ),
          }
        : says("10.0.0.1")(asked),
    );
    await pass(100);
    expect(new Set(resolver.asked.map(({ name }) => name))).toEqual(
      new Set(["_h._tcp.example", "one.example", "two.example", "three.example", "four.example"]),
    );
    expect(reading()).toMatchObject({ kind: "seen", reading: { quarantined: expect.objectContaining({ length: 3 }) } });
  });
});

describe("bad moments", () => {
  test("a name that is being asked of dead resolvers when others come is asked of these at once", async () => {
    const { reading, resolver, systemResolvers, pass } = dnsUnderTest(SHOP, () => "no answer", { resolvers: [] });
    await pass(60_000);
    resolver.holding = true;
    while (resolver.held === 0) await pass(1_000);
    resolver.say = (asked) => (asked.server === "10.8.8.8:53" ? says("10.0.0.1")(asked) : "no answer");
    systemResolvers.set(["10.8.8.8:53"]);
    resolver.holding = false;
    resolver.release();
    await pass(100);
    expect(idsOf(reading())).toEqual(["10.0.0.1:80"]);
  });

  test("an answer that comes after the close changes nothing and starts no timer", async () => {
    const { reading, resolver, pass, source, clock } = dnsUnderTest(SHOP, says("10.0.0.1"), { resolvers: [RESOLVER, OTHER_RESOLVER] });
    await pass(100);
    const before = reading();
    resolver.say = () => ({ rcode: "NXDOMAIN" });
    resolver.holding = true;
    await pass(40_000);
    resolver.holding = false;
    await source.close();
    resolver.release();
    await pass(60_000);
    expect(reading()).toBe(before);
    expect(clock.pendingCount).toBe(0);
  });
});
