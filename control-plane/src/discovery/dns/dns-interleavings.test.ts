import fc from "fast-check";
import { expect, test } from "vitest";
import { address, dnsName, dnsUnderTest, type FakeResolver, OTHER_RESOLVER, RESOLVER, soa } from "./testing/fake-resolver.js";

/** What one resolver does for a while. */
type Mood = "true" | "other" | "silent" | "servfail" | "gone" | "empty" | "cut" | "subset" | "no-edns";

const ip = fc.integer({ min: 1, max: 8 }).map((host) => `10.0.0.${host}`);
const mood = fc.constantFrom<Mood[]>("true", "other", "silent", "servfail", "gone", "empty", "cut", "subset", "no-edns");
const phase = fc.record({
  first: mood,
  second: mood,
  truth: fc.uniqueArray(ip, { maxLength: 8 }),
  forMs: fc.integer({ min: 100, max: 20_000 }),
});

function saying(current: Mood, truth: readonly string[]): FakeResolver["say"] {
  const records = (name: string, ips: readonly string[]) =>
    ips.length === 0 ? { authorities: [soa(3, 3)] } : { answers: ips.map((one) => address(name, one, 3)) };
  return ({ name, protocol, edns, atMs }) => {
    if (current === "silent") return "no answer";
    if (current === "servfail") return { rcode: "SERVFAIL" };
    if (current === "gone") return { rcode: "NXDOMAIN", authorities: [soa(3, 3)] };
    if (current === "empty") return { authorities: [soa(3, 3)] };
    if (current === "no-edns" && edns) return { rcode: "FORMERR" };
    if (current === "cut") return { ...records(name, truth.slice(0, 2)), truncated: true };
    if (current === "other") return records(name, ["10.9.9.9", ...truth.slice(1)]);
    // Some of them, others each time, unless asked over TCP.
    if (current === "subset" && protocol === "udp")
      return records(
        name,
        truth.filter((_, index) => (index + Math.floor(atMs / 1_000)) % 2 === 0),
      );
    return records(name, truth);
  };
}

test("whatever the resolvers did, once they tell the truth the reading is complete and true within a minute", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(phase, { maxLength: 5 }), fc.uniqueArray(ip, { maxLength: 8 }), async (phases, truth) => {
      const names = [dnsName("shop", "shop.example")];
      const { resolver, pass, reading, source, clock } = dnsUnderTest(names, () => "no answer", { resolvers: [RESOLVER, OTHER_RESOLVER] });
      for (const { first, second, truth: forNow, forMs } of phases) {
        resolver.say = (asked) => saying(asked.server === RESOLVER ? first : second, forNow)(asked);
        await pass(forMs);
      }
      resolver.say = saying("true", truth);
      await pass(60_000);
      const shop = reading();
      if (shop?.kind !== "seen") throw new Error(`${shop?.kind}`);
      expect(shop.reading.completeness).toEqual({ kind: "complete" });
      expect([...shop.reading.endpoints.keys()].sort()).toEqual(truth.map((one) => `${one}:80`).sort());
      await source.close();
      expect(clock.pendingCount).toBe(0);
    }),
    { numRuns: 40 },
  );
});

test("no complete reading lacks what no whole answer took away", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(phase, { minLength: 1, maxLength: 5 }), async (phases) => {
      const names = [dnsName("shop", "shop.example")];
      const truth = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"];
      const { resolver, pass, reading, source } = dnsUnderTest(names, saying("true", truth), { resolvers: [RESOLVER, OTHER_RESOLVER] });
      await pass();
      for (const { first, second, forMs } of phases) {
        // Nobody says anything untrue: they fail, cut or give some of it.
        const harmless = (wanted: Mood): Mood => (["other", "gone", "empty"].includes(wanted) ? "subset" : wanted);
        resolver.say = (asked) => saying(harmless(asked.server === RESOLVER ? first : second), truth)(asked);
        await pass(forMs);
        const shop = reading();
        expect(shop?.kind === "pending" ? [] : [...(shop?.reading.endpoints.keys() ?? [])]).toHaveLength(truth.length);
      }
      await source.close();
    }),
    { numRuns: 40 },
  );
});
