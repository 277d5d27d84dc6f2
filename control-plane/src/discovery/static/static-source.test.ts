import { describe, expect, test } from "vitest";
import type { StaticEndpointSettings, StaticSourceSettings } from "../../config/index.js";
import { nameOf } from "../zookeeper/testing/zookeeper-under-test.js";
import { staticSource } from "./static-source.js";

const listed = (address: string, more: Partial<StaticEndpointSettings> = {}): StaticEndpointSettings => ({
  address,
  weight: 100,
  zone: "default",
  place: `cp.yaml:1:1 ${address}`,
  ...more,
});
const settings = (services: Readonly<Record<string, readonly StaticEndpointSettings[]>>): StaticSourceSettings => ({
  type: "static",
  name: "fixed",
  services: new Map(Object.entries(services).map(([name, list]) => [nameOf(name), list])),
});
const readingOf = (source: ReturnType<typeof staticSource>, service: string) => {
  const state = source.services.value.get(nameOf(service));
  if (state?.kind !== "seen") throw new Error(`${service} is not seen`);
  return state.reading;
};

describe("a static source", () => {
  test("is complete from the start", () => {
    const source = staticSource(settings({ shop: [listed("10.0.0.1:80", { zone: "a", instance: "i1" })], empty: [] }));
    expect(source.listing.value).toEqual({ kind: "seen", completeness: { kind: "complete" }, quarantined: [] });
    expect([...readingOf(source, "shop").endpoints.values()]).toEqual([
      { id: "10.0.0.1:80", ip: "10.0.0.1", port: 80, weight: 100, zone: "a", instance: "i1", place: "cp.yaml:1:1 10.0.0.1:80" },
    ]);
    expect(readingOf(source, "empty")).toMatchObject({ completeness: { kind: "complete" } });
  });

  test("metadata is kept, sorted and within its bounds", () => {
    const metadata = { z: "1", a: "2", long: "x".repeat(257) };
    const source = staticSource(settings({ shop: [listed("10.0.0.1:80", { metadata })] }));
    const [endpoint] = readingOf(source, "shop").endpoints.values();
    expect(Object.entries(endpoint?.metadata ?? {})).toEqual([
      ["a", "2"],
      ["z", "1"],
    ]);
  });

  test("weight 0 drains", () => {
    const source = staticSource(settings({ shop: [listed("10.0.0.1:80", { weight: 0 })] }));
    expect([...readingOf(source, "shop").endpoints.values()][0]).toMatchObject({ weight: 0, draining: "weight 0" });
  });

  test("an unreadable and a repeated address are quarantined with their places", () => {
    const source = staticSource(settings({ shop: [listed("web:80"), listed("[::ffff:10.0.0.1]:80"), listed("10.0.0.1:80")] }));
    const { endpoints, quarantined } = readingOf(source, "shop");
    expect([...endpoints.keys()]).toEqual(["10.0.0.1:80"]);
    expect(quarantined).toEqual([
      { place: "cp.yaml:1:1 web:80", reason: '"web:80" is not an IP address and port; names are not resolved here' },
      { place: "cp.yaml:1:1 10.0.0.1:80", reason: "10.0.0.1:80 is already listed at cp.yaml:1:1 [::ffff:10.0.0.1]:80" },
    ]);
  });

  test("a reload tells only of what changed", () => {
    const source = staticSource(settings({ shop: [listed("10.0.0.1:80"), listed("10.0.0.2:80")], cart: [], find: [] }));
    const first = readingOf(source, "shop").endpoints.get("10.0.0.1:80" as never);
    const changes: string[][] = [];
    source.services.watch((_, changed) => changes.push([...changed].sort()));
    source.apply(settings({ shop: [listed("10.0.0.1:80"), listed("10.0.0.3:80")], cart: [] }));
    expect(changes).toEqual([
      ["cart", "find", "shop"],
      ["find", "shop"],
    ]);
    expect(readingOf(source, "shop").endpoints.get("10.0.0.1:80" as never)).toBe(first);
  });
});
