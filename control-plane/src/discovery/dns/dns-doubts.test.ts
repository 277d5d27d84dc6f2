// What the source does when answers fail, vanish, are cut, or differ: scenarios, each against its rule.

import { describe, expect, test } from "vitest";
import type { Reading } from "../source.js";
import { address, dnsName, dnsUnderTest, type FakeResolver, OTHER_RESOLVER, RESOLVER, soa } from "./testing/fake-resolver.js";

const SHOP = [dnsName("shop", "shop.example.")];
const BOTH = { resolvers: [RESOLVER, OTHER_RESOLVER] };
const says =
  (...ips: readonly string[]): FakeResolver["say"] =>
  ({ name }) => ({ answers: ips.map((ip) => address(name, ip, 5)) });
const gone: FakeResolver["say"] = () => ({ rcode: "NXDOMAIN", authorities: [soa(5, 5)] });
/** Each resolver its own story. */
const split =
  (first: FakeResolver["say"], other: FakeResolver["say"]): FakeResolver["say"] =>
  (asked) =>
    (asked.server === RESOLVER ? first : other)(asked);

function seen(reading: { kind: string; reading?: Reading } | undefined): Reading {
  if (reading?.reading === undefined) throw new Error(`not seen but ${reading?.kind}`);
  return reading.reading;
}

const idsOf = (reading: { kind: string; reading?: Reading } | undefined) => [...seen(reading).endpoints.keys()];
const POOL = Array.from({ length: 100 }, (_, index) => `10.0.1.${index}`);

describe("failures", () => {
  test.each(["SERVFAIL", "REFUSED", "silence"] as const)(
    "%s for five minutes: stale with its cause, recovered within one refresh",
    async (kind) => {
      const { reading, resolver, pass } = dnsUnderTest(SHOP, says("10.0.0.1", "10.0.0.2"));
      await pass();
      const before = seen(reading());
      resolver.say = kind === "silence" ? () => "no answer within 1000 ms" : () => ({ rcode: kind });
      await pass(300_000);
      expect(reading()).toMatchObject({ kind: "stale", cause: expect.stringContaining(kind === "silence" ? "no answer" : kind) });
      expect(seen(reading())).toBe(before);
      resolver.say = says("10.0.0.1", "10.0.0.2");
      await pass(30_500);
      expect(reading()).toMatchObject({ kind: "seen" });
      expect(seen(reading())).toBe(before);
    },
  );

  test("beyond maxStale it says so, and still keeps what it has", async () => {
    const { reading, resolver, pass, metrics } = dnsUnderTest(SHOP, says("10.0.0.1"), { settings: { maxStaleMs: 120_000 } });
    await pass();
    resolver.say = () => "no answer";
    await pass(100_000);
    expect(reading()).toMatchObject({ kind: "stale", cause: expect.not.stringContaining("maxStale") });
    await pass(60_000);
    expect(reading()).toMatchObject({ kind: "stale", cause: expect.stringContaining("beyond maxStale") });
    expect(idsOf(reading())).toEqual(["10.0.0.1:80"]);
    expect(await metrics.expose()).toContain('fairlead_dns_names{source="dns",state="too-old"} 1');
  });

  test("one name that every server refuses is no outage; silence for all of them is, said once and ended once", async () => {
    const names = ["bad", "one", "two", "three"].map((name) => dnsName(name, `${name}.example`));
    const { resolver, pass, log } = dnsUnderTest(names, (asked) =>
      asked.name === "bad.example" ? { rcode: "SERVFAIL" } : says("10.0.0.1")(asked),
    );
    await pass(60_000);
    expect(log.count("dns-out")).toBe(0);
    resolver.say = () => "no answer";
    await pass(60_000);
    resolver.say = says("10.0.0.1");
    await pass(60_000);
    expect([log.count("dns-out"), log.count("dns-back")]).toEqual([1, 1]);
  });

  test("of three hundred names that fail at once fifty are said in the log", async () => {
    const names = Array.from({ length: 300 }, (_, index) => dnsName(`s${index}`, `s${index}.example`));
    const { pass, log } = dnsUnderTest(names, () => ({ rcode: "SERVFAIL" }));
    await pass(5_000);
    expect(log.count("dns-outcome")).toBe(50);
    expect(log.count("dns-outcomes-not-shown")).toBe(1);
  });

  test("the system's resolvers are followed as they change, and what failed with the old ones is asked at once", async () => {
    const { reading, resolver, systemResolvers, pass, log } = dnsUnderTest(SHOP, says("10.0.0.1"), { resolvers: [] });
    await pass();
    resolver.say = (asked) => (asked.server === "10.8.8.8:53" ? says("10.0.0.2", "10.0.0.1")(asked) : "no answer");
    await pass(120_000);
    expect(reading()).toMatchObject({ kind: "stale" });
    systemResolvers.set(["10.8.8.8:53"]);
    await pass();
    expect(reading()).toMatchObject({ kind: "seen" });
    expect(log.count("dns-resolvers-changed")).toBe(1);
  });
});

describe("absences", () => {
  test("once believed are told apart: no such name, or no such records; one family of two is no news", async () => {
    const { reading, resolver, pass } = dnsUnderTest(SHOP, says("10.0.0.1"));
    await pass();
    resolver.say = gone;
    await pass(12_000);
    expect(seen(reading()).quarantined).toEqual([{ place: `dns shop.example. A via ${RESOLVER}`, reason: "there is no such name" }]);
    resolver.say = () => ({ authorities: [soa(5, 5)] });
    await pass(6_000);
    expect(seen(reading())).toMatchObject({
      completeness: { kind: "complete" },
      quarantined: [{ reason: "the name has no such records" }],
    });
    const one = dnsUnderTest([dnsName("shop", "shop.example", 80, "both")], (asked) =>
      asked.type === "A" ? says("10.0.0.1")(asked) : { authorities: [soa(5, 5)] },
    );
    await one.pass(100);
    expect(seen(one.reading()).quarantined).toEqual([]);
  });

  test("are believed after a second resolver says so too, within a second refresh", async () => {
    const { reading, resolver, pass } = dnsUnderTest(SHOP, says("10.0.0.1"), BOTH);
    await pass();
    resolver.say = gone;
    await pass(5_000);
    expect(seen(reading())).toMatchObject({ completeness: { kind: "complete" } });
    expect(idsOf(reading())).toEqual([]);
  });

  test("are doubted for three answers when the second resolver knows better, which is shown", async () => {
    const { reading, resolver, pass } = dnsUnderTest(SHOP, says("10.0.0.1"), BOTH);
    await pass();
    resolver.say = split(gone, says("10.0.0.1"));
    await pass(5_000);
    expect(seen(reading()).completeness).toMatchObject({ kind: "partial", reason: expect.stringContaining("the name is gone") });
    expect(idsOf(reading())).toEqual(["10.0.0.1:80"]);
    await pass(30_000);
    expect(seen(reading())).toMatchObject({
      completeness: { kind: "complete" },
      quarantined: [
        { reason: "there is no such name" },
        { reason: `another resolver, ${OTHER_RESOLVER}, answers differently: 1 (10.0.0.1) more, none fewer` },
      ],
    });
  });
});

describe("resolvers that disagree", () => {
  test("do not make it go to and fro: the chosen one counts while it answers, the difference is shown, and ends", async () => {
    const { reading, resolver, pass, source, log } = dnsUnderTest(
      SHOP,
      split(says("10.0.0.1", "10.0.0.2"), says("10.0.0.1", "10.6.6.6")),
      BOTH,
    );
    await pass();
    const sets = new Set<string>();
    source.services.watch(() => sets.add(idsOf(reading()).join()));
    await pass(60_000);
    expect([...sets]).toEqual(["10.0.0.1:80,10.0.0.2:80"]);
    expect(seen(reading()).quarantined).toEqual([
      {
        place: "dns shop.example. A",
        reason: `another resolver, ${OTHER_RESOLVER}, answers differently: 1 (10.6.6.6) more, 1 (10.0.0.2) fewer`,
      },
    ]);
    expect(log.count("dns-resolvers-disagree")).toBe(1);
    resolver.say = says("10.0.0.1", "10.0.0.2");
    await pass(30_000);
    expect(seen(reading()).quarantined).toEqual([]);
  });

  test("a difference is over once the one that differed is the one that counts", async () => {
    const { reading, resolver, pass } = dnsUnderTest(SHOP, split(says("10.0.0.1"), says("10.0.0.1", "10.0.0.2")), BOTH);
    await pass(30_000);
    expect(seen(reading()).quarantined).toHaveLength(1);
    resolver.say = split(() => "no answer", says("10.0.0.1", "10.0.0.2"));
    await pass(12_000);
    expect(seen(reading())).toMatchObject({ quarantined: [], completeness: { kind: "complete" } });
    expect(idsOf(reading())).toHaveLength(2);
  });

  test("after a fail-over what the other one lacks stays for three answers, what it adds is there at once", async () => {
    const { reading, resolver, pass } = dnsUnderTest(SHOP, says("10.0.0.1", "10.0.0.2"), BOTH);
    await pass();
    resolver.say = split(() => "no answer", says("10.0.0.2", "10.0.0.3"));
    await pass(5_000);
    expect(idsOf(reading())).toEqual(["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"]);
    expect(seen(reading()).completeness.kind).toBe("partial");
    await pass(10_000);
    expect(idsOf(reading())).toEqual(["10.0.0.2:80", "10.0.0.3:80"]);
    expect(seen(reading()).completeness.kind).toBe("complete");
  });
});

describe("answers that are cut", () => {
  test("over TCP too: adds only, and it is said why", async () => {
    const { reading, resolver, pass } = dnsUnderTest(SHOP, (asked) => ({ ...(says("10.0.0.1")(asked) as object), truncated: true }));
    await pass();
    resolver.say = (asked) => ({ ...(says("10.0.0.2")(asked) as object), truncated: true });
    await pass(60_000);
    expect(idsOf(reading())).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
    expect(seen(reading()).completeness).toMatchObject({ kind: "partial", reason: expect.stringContaining("truncated even over TCP") });
  });

  /** 30 of 100, others each time, and nothing said. */
  const silently = (): FakeResolver["say"] => {
    let turn = 0;
    return (asked) => {
      if (asked.protocol === "tcp") return says(...POOL)(asked);
      turn += 37;
      return says(...Array.from({ length: 30 }, (_, index) => POOL[(turn + index) % 100] ?? ""))(asked);
    };
  };

  test("silently: TCP is asked, and asked first from then on; nothing flaps and it is shown", async () => {
    const { reading, resolver, pass, source, log, metrics } = dnsUnderTest(SHOP, silently());
    const sizes = new Set<number>();
    source.services.watch((all) => {
      for (const shop of all.values()) if (shop.kind !== "pending") sizes.add(shop.reading.endpoints.size);
    });
    await pass(60_000);
    expect([...sizes]).toEqual([100]);
    expect(resolver.asked.filter(({ protocol }) => protocol === "udp")).toHaveLength(1);
    expect(seen(reading()).quarantined).toMatchObject([{ reason: expect.stringContaining("over UDP lack records") }]);
    expect(log.count("dns-udp-answers-cut")).toBe(1);
    expect(await metrics.expose()).toMatch(/dns_truncations_total\{source="dns",kind="silent"\} 1/);
  });

  test("silently, where TCP is impossible: what was seen accumulates, adds only", async () => {
    const cutting = silently();
    const { reading, pass } = dnsUnderTest(SHOP, (asked) => (asked.protocol === "tcp" ? "closed" : cutting(asked)));
    await pass();
    let most = 0;
    for (let round = 0; round < 12; round++) {
      await pass(5_000);
      expect(idsOf(reading()).length).toBeGreaterThanOrEqual(most);
      most = idsOf(reading()).length;
    }
    expect(most).toBe(100);
    expect(seen(reading()).completeness).toMatchObject({ kind: "partial", reason: expect.stringContaining("TCP could not confirm") });
  });

  test("a small answer that lacks something is verified over TCP before it takes anything away", async () => {
    const { reading, resolver, pass } = dnsUnderTest(SHOP, says("10.0.0.1", "10.0.0.2", "10.0.0.3"));
    await pass();
    resolver.say = (asked) => says(...(asked.protocol === "udp" ? ["10.0.0.3"] : ["10.0.0.1", "10.0.0.2", "10.0.0.3"]))(asked);
    await pass(15_000);
    expect(idsOf(reading())).toHaveLength(3);
    resolver.say = says("10.0.0.3");
    await pass(6_000);
    expect(idsOf(reading())).toEqual(["10.0.0.3:80"]);
    expect(seen(reading()).completeness.kind).toBe("complete");
  });
});
