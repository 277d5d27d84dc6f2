import { DEFAULT_WEIGHT, DEFAULT_ZONE, type EndpointId } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import { COMPLETE, nextReading, partial } from "./reading.js";
import type { Endpoint } from "./source.js";

const endpoint = (port: number, more: Partial<Endpoint> = {}): Endpoint => ({
  id: `10.0.0.1:${port}` as EndpointId,
  ip: "10.0.0.1",
  port,
  weight: DEFAULT_WEIGHT,
  zone: DEFAULT_ZONE,
  place: "here",
  ...more,
});
const first = nextReading(undefined, { endpoints: [endpoint(1), endpoint(2)], completeness: COMPLETE, mark: "0x1" });

describe("the next reading", () => {
  test("is the previous one when it says the same, in any order and under a new mark", () => {
    expect(nextReading(first, { endpoints: [endpoint(2), endpoint(1)], completeness: COMPLETE, mark: "0x2" })).toBe(first);
  });

  test.each<[string, Partial<Endpoint>]>([
    ["weight", { weight: 1 }],
    ["zone", { zone: "b" }],
    ["instance", { instance: "i" }],
    ["draining", { draining: "leaving" }],
    ["place", { place: "there" }],
  ])("takes over a change of %s, and keeps the other endpoint", (_, more) => {
    const next = nextReading(first, { endpoints: [endpoint(1), endpoint(2, more)], completeness: COMPLETE });
    expect(next).not.toBe(first);
    const [one, two] = [...next.endpoints.values()];
    expect(one).toBe(first.endpoints.get(endpoint(1).id));
    expect(two).toMatchObject(more);
  });

  test("a removal is a change", () => {
    expect(nextReading(first, { endpoints: [endpoint(1)], completeness: COMPLETE }).endpoints.size).toBe(1);
  });

  test("a new completeness or quarantine alone keeps the map of endpoints", () => {
    const next = nextReading(first, { endpoints: [endpoint(1), endpoint(2)], completeness: partial("why") });
    expect(next).not.toBe(first);
    expect(next.endpoints).toBe(first.endpoints);
    const quarantined = [{ place: "p", reason: "r" }];
    const third = nextReading(next, { endpoints: next.endpoints.values(), quarantined, completeness: partial("why") });
    expect(third).not.toBe(next);
    expect(
      nextReading(third, { endpoints: next.endpoints.values(), quarantined: [{ place: "p", reason: "r" }], completeness: partial("why") }),
    ).toBe(third);
  });

  test("of two endpoints with one id the first counts", () => {
    const next = nextReading(undefined, { endpoints: [endpoint(1, { zone: "a" }), endpoint(1, { zone: "b" })], completeness: COMPLETE });
    expect([...next.endpoints.values()]).toMatchObject([{ zone: "a" }]);
  });
});
