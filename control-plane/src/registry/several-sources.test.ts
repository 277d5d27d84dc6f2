import type { ServiceName } from "@fairlead/shared";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { endpointAt, FakeSource } from "../discovery/testing/fake-source.js";
import { compare, DIFFERENCES_MAX } from "./comparison.js";
import { registryUnderTest, SHOP } from "./testing/registry-under-test.js";

const at = (...ports: number[]) => ports.map((port) => endpointAt(port));

describe("which sources feed a service", () => {
  test("only those it names, and their order in the service is their priority", () => {
    const [one, two, three] = ["one", "two", "three"].map((name) => new FakeSource(name)) as [FakeSource, FakeSource, FakeSource];
    const { entryOf, ports } = registryUnderTest([one, two, three], { sources: ["three", "one"] });
    one.see(SHOP, [endpointAt(1, { weight: 1, zone: "a" })]);
    two.see(SHOP, at(2));
    three.see(SHOP, [endpointAt(1, { weight: 3, zone: "c", metadata: { version: "7" } })]);
    expect(ports()).toEqual([1]);
    expect(entryOf(1)).toMatchObject({ sources: ["three", "one"], endpoint: { weight: 3, zone: "c", metadata: { version: "7" } } });
  });

  test("a source that feeds it no more loses its endpoints through the usual guards", () => {
    const [one, two] = [new FakeSource("one"), new FakeSource("two")];
    const { clock, configure, holdOf, ports } = registryUnderTest([one, two]);
    one.see(SHOP, at(1, 2, 3));
    two.see(SHOP, at(4));
    configure({ sources: ["one"] });
    expect(holdOf(4)).toMatchObject({ kind: "debounce" });
    clock.advance(1_100);
    expect(ports()).toEqual([1, 2, 3]);
  });

  test("a service waits only for sources that feed it, and a source that feeds nobody is said not to", () => {
    const [one, two] = [new FakeSource("one"), new FakeSource("two", { kind: "pending" })];
    const { registry } = registryUnderTest([one, two], { sources: ["one"] });
    one.see(SHOP, at(1));
    expect(registry.services.value.get(SHOP)?.settled).toEqual({ kind: "settled" });
    expect(registry.sources.value.map(({ feeds }) => feeds)).toEqual([true, false]);
  });
});

test("what a source gave is not taken back by its partial reading and another's complete one together", () => {
  const [one, two] = [new FakeSource("one"), new FakeSource("two")];
  const { clock, ports } = registryUnderTest([one, two]);
  one.see(SHOP, at(1, 2, 3));
  two.see(SHOP, at(1, 2, 3));
  one.see(SHOP, at(1, 2), { kind: "partial", reason: "one child could not be read" });
  two.see(SHOP, at(1, 2));
  clock.advance(3_600_000);
  expect(ports()).toEqual([1, 2, 3]);
  one.see(SHOP, at(1, 2));
  clock.advance(1_100);
  expect(ports()).toEqual([1, 2]);
});

describe("merge: first", () => {
  function fallback() {
    const [one, two] = [new FakeSource("one"), new FakeSource("two")];
    const parts = registryUnderTest([one, two], { merge: "first" });
    one.see(SHOP, at(1, 2, 3, 4, 5, 6));
    two.see(SHOP, at(4, 5, 6, 7, 8, 9));
    return { ...parts, one, two };
  }

  test("only the first source that has anybody is heard; the other stands by", () => {
    const { ports, registry } = fallback();
    expect(ports()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(registry.services.value.get(SHOP)?.contributions.map(({ role }) => role)).toEqual(["feeds", "standby"]);
  });

  test("when it says that nobody is there the next one is heard at once, and those it lost wait as ever", () => {
    const { clock, one, ports } = fallback();
    one.see(SHOP, []);
    expect(ports()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    clock.advance(1_100);
    expect(ports()).toEqual([4, 5, 6, 7, 8, 9]);
  });

  test("when it fails it is still the one that counts, and nothing of the other's is added", () => {
    const { clock, one, ports } = fallback();
    one.stale(SHOP, at(1, 2, 3, 4, 5, 6), "connection lost");
    clock.advance(3_600_000);
    expect(ports()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("when it is back the other's leave, but not on a partial reading", () => {
    const { clock, one, ports } = fallback();
    one.see(SHOP, []);
    clock.advance(2_000);
    one.see(SHOP, at(1, 2, 3, 4, 5), { kind: "partial", reason: "half of the children could not be read" });
    clock.advance(3_600_000);
    expect(ports()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    one.see(SHOP, at(1, 2, 3, 4, 5));
    clock.advance(2_000);
    expect(ports()).toEqual([1, 2, 3, 4, 5]);
  });
});

describe("dual-read", () => {
  function comparing() {
    const [zk, dns] = [new FakeSource("zk"), new FakeSource("dns")];
    const parts = registryUnderTest([zk, dns], { compare: "dns" });
    return { ...parts, zk, dns, comparison: (service = SHOP) => parts.registry.comparisons.get(service) };
  }

  test("the compared source is never published, whatever it gives", () => {
    const { zk, dns, ports, registry } = comparing();
    zk.see(SHOP, at(1, 2));
    dns.see(SHOP, at(2, 3));
    dns.see("cart" as ServiceName, at(9));
    expect(ports()).toEqual([1, 2]);
    expect(registry.services.value.has("cart" as ServiceName)).toBe(false);
    expect(registry.services.value.get(SHOP)?.contributions.map(({ source, role }) => `${source} ${role}`)).toEqual([
      "zk feeds",
      "dns compared",
    ]);
  });

  test("it says who is only here, only there and told differently, and since when", () => {
    const { clock, zk, dns, comparison } = comparing();
    zk.see(SHOP, [...at(1, 2), endpointAt(3, { weight: 50 })]);
    dns.see(SHOP, [...at(2), endpointAt(3, { zone: "b" }), ...at(4)]);
    const sinceMs = clock.wallMs();
    clock.advance(5_000);
    zk.see(SHOP, [...at(1, 2), endpointAt(3, { weight: 60 })]);
    expect(comparison()).toMatchObject({
      state: "differs",
      sinceMs,
      divergences: 1,
      differences: {
        both: 2,
        similarity: 0.5,
        onlyHere: { count: 1, first: ["10.0.0.1:1"] },
        onlyThere: { count: 1, first: ["10.0.0.1:4"] },
        differing: { first: [{ endpoint: "10.0.0.1:3", what: ["weight 60, there 100", "zone default, there b"] }] },
      },
    });
    dns.see(SHOP, [...at(1, 2), endpointAt(3, { weight: 60 })]);
    expect(comparison()).toMatchObject({ state: "same", sinceMs: clock.wallMs(), differences: { similarity: 1 } });
  });

  test("a service that only the compared source has is a difference; one it lacks too", () => {
    const { zk, dns, comparison } = comparing();
    dns.see("cart" as ServiceName, at(9));
    zk.see(SHOP, at(1));
    expect(comparison("cart" as ServiceName)).toMatchObject({ state: "differs", differences: { onlyThere: { count: 1 }, similarity: 0 } });
    expect(comparison()).toMatchObject({ state: "differs", differences: { onlyHere: { count: 1 } } });
  });

  test.each(["pending", "stale", "partial"] as const)("a compared reading that is %s is no difference: nobody knows", (kind) => {
    const { zk, dns, comparison } = comparing();
    zk.see(SHOP, at(1));
    if (kind === "pending") dns.pend(SHOP);
    else if (kind === "stale") dns.stale(SHOP, [], "resolver is silent");
    else dns.see(SHOP, [], { kind: "partial", reason: "truncated" });
    expect(comparison()).toMatchObject({ state: "unknown" });
  });

  test("what was held and what was compared ends with the setting", () => {
    const { zk, dns, configure, ports, comparison } = comparing();
    zk.see(SHOP, at(1));
    dns.see(SHOP, at(2));
    configure({});
    expect(comparison()).toBeUndefined();
    expect(ports()).toEqual([1, 2]);
  });

  test("counts are exact where the lists are cut", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(300)), fc.uniqueArray(fc.nat(300)), (here, there) => {
        const mapOf = (list: number[]) => new Map(list.map((port) => [endpointAt(port + 1).id, endpointAt(port + 1)]));
        const reading = { endpoints: mapOf(there), quarantined: [], completeness: { kind: "complete" } } as const;
        const options = { before: undefined, nowMs: 0 };
        const { differences } = compare(mapOf(here), { source: "b", state: { kind: "seen", reading }, nameless: false }, options);
        const onlyHere = here.filter((port) => !there.includes(port)).length;
        expect(differences?.onlyHere.count).toBe(onlyHere);
        expect(differences?.onlyHere.first).toHaveLength(Math.min(onlyHere, DIFFERENCES_MAX));
        expect(differences?.both).toBe(here.length - onlyHere);
      }),
    );
  });
});
