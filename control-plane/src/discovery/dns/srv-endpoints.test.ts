import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ServiceRecord } from "./alias-chain.js";
import { weightedTargets } from "./srv-endpoints.js";

const record = (priority: number, weight: number, target = "a"): ServiceRecord => ({ priority, weight, port: 80, target });
const shares = (...records: readonly ServiceRecord[]) => weightedTargets(records).map(({ priority, weight }) => [priority, weight]);

describe("SRV records as endpoints", () => {
  test("priorities become ranks from 0", () => {
    expect(shares(record(10, 1), record(10, 2), record(20, 3), record(65_535, 4))).toEqual([
      [0, 1],
      [0, 2],
      [1, 3],
      [2, 4],
    ]);
  });

  test("weight 0 means seldom, never drain; where nobody has a weight all have the default", () => {
    expect(shares(record(1, 0), record(1, 50))).toEqual([
      [0, 1],
      [0, 50],
    ]);
    expect(shares(record(1, 0), record(1, 0), record(2, 9))).toEqual([
      [0, 100],
      [0, 100],
      [1, 9],
    ]);
  });

  test("weights above ours are scaled, each priority by itself", () => {
    expect(shares(record(1, 65_535), record(1, 32_768), record(1, 1), record(2, 7))).toEqual([
      [0, 10_000],
      [0, 5_000],
      [0, 1],
      [1, 7],
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(65_535), { minLength: 1 }), (weights) => {
        for (const { weight } of weightedTargets(weights.map((weight) => record(1, weight)))) {
          expect(Number.isInteger(weight)).toBe(true);
          expect(weight).toBeGreaterThanOrEqual(1);
          expect(weight).toBeLessThanOrEqual(10_000);
        }
      }),
    );
  });
});
