import fc from "fast-check";
import { expect, test } from "vitest";
import { isSubsetting, SUBSET_SLOTS, slotOf, subsetOf } from "./subset.js";
import { entries } from "./testing/services.js";

const SLOTS = Array.from({ length: SUBSET_SLOTS }, (_, slot) => slot);
const ports = fc.uniqueArray(fc.integer({ min: 1, max: 9_999 }), { minLength: 2, maxLength: 300 });
const of = (list: readonly number[]) => entries(list.map((port) => ({ port })));
const subsets = (list: readonly number[], size: number) =>
  SLOTS.map((slot) => new Set(subsetOf(of(list), slot, { service: "shop", size }).map(({ endpoint }) => endpoint.port)));
const sized = ports.chain((list) => fc.tuple(fc.constant(list), fc.integer({ min: 1, max: list.length - 1 })));

test("every slot has as many endpoints as it shall, and every endpoint is in as many slots as any other, or in one more", () => {
  fc.assert(
    fc.property(sized, ([list, size]) => {
      const all = subsets(list, size);
      expect(all.every((subset) => subset.size === size)).toBe(true);
      const counts = list.map((port) => all.filter((subset) => subset.has(port)).length);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }),
    { numRuns: 60 },
  );
});

test("an endpoint that comes or goes moves at most two in each slot", () => {
  fc.assert(
    fc.property(sized, fc.nat(), ([list, size], which) => {
      const fewer = list.filter((_, index) => index !== which % list.length);
      if (fewer.length <= size) return;
      const after = subsets(fewer, size);
      for (const [slot, before] of subsets(list, size).entries()) {
        const moved = [...before].filter((port) => after[slot]?.has(port) === false);
        expect(moved.length).toBeLessThanOrEqual(2);
      }
    }),
    { numRuns: 60 },
  );
});

test("the order of the list makes no difference", () => {
  fc.assert(
    fc.property(sized, ([list, size]) => {
      expect(subsets([...list].reverse(), size)).toEqual(subsets(list, size));
    }),
    { numRuns: 20 },
  );
});

test("only those that shall be called are in a subset, and each priority has its own", () => {
  const list = entries([
    { port: 1, health: "unhealthy" },
    { port: 2 },
    { port: 3 },
    { port: 4 },
    { port: 5, health: "draining" },
    { port: 6, priority: 1 },
    { port: 7, priority: 1 },
  ]);
  for (const slot of SLOTS) {
    const chosen = subsetOf(list, slot, { service: "shop", size: 1 }).map(({ endpoint }) => endpoint.port);
    expect(chosen).toHaveLength(2);
    expect([2, 3, 4]).toContain(chosen[0]);
    expect([6, 7]).toContain(chosen[1]);
  }
  expect(isSubsetting(list, { service: "shop", size: 3 })).toBe(false);
});

test("nodes spread evenly over the slots, the same way in every process", () => {
  const counts = SLOTS.map(() => 0);
  for (let node = 0; node < 6_400; node++) counts[slotOf(`web-${node}`)] = (counts[slotOf(`web-${node}`)] ?? 0) + 1;
  expect(Math.min(...counts)).toBeGreaterThan(50);
  expect(Math.max(...counts)).toBeLessThan(160);
  expect(slotOf("web-7")).toBe(slotOf("web-7"));
});
