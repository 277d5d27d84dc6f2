import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isWithin, recordSetOf, union } from "./record-set.js";

describe("a record set", () => {
  test("holds each address once, canonical and sorted, and sets aside what nobody can connect to", () => {
    expect(recordSetOf(["10.0.0.2", "FD00::0001", "10.0.0.1", "10.0.0.2", "0.0.0.0", "::"], undefined)).toMatchObject({
      ips: ["10.0.0.1", "10.0.0.2", "fd00::1"],
      refused: ["0.0.0.0", "::"],
    });
  });

  test("holds SRV records in order of priority, one target with two ports twice, and none without port or target", () => {
    const record = (priority: number, target: string, port: number) => ({ priority, weight: 1, port, target });
    const set = recordSetOf(
      [record(2, "a", 80), record(1, "b", 81), record(1, "b", 80), record(1, "b", 80), record(1, "c", 0), record(1, "", 9)],
      undefined,
    );
    expect(set.targets.map(({ priority, target, port }) => `${priority} ${target} ${port}`)).toEqual(["1 b 80", "1 b 81", "2 a 80"]);
    expect(set.refused).toEqual(["1 1 0 c.", "1 1 9 ."]);
  });

  test("four thousand records shuffled are the very same set", () => {
    const ips = Array.from({ length: 4_000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
    const set = recordSetOf(ips, undefined);
    fc.assert(
      fc.property(fc.shuffledSubarray(ips, { minLength: ips.length }), (shuffled) => {
        expect(recordSetOf(shuffled, set)).toBe(set);
      }),
      { numRuns: 5 },
    );
    expect(recordSetOf(ips.slice(1), set)).not.toBe(set);
    expect(recordSetOf([...ips.slice(1), "10.9.9.9"], set)).not.toBe(set);
  });

  test("united with another holds both, and keeps its reference where that adds nothing", () => {
    const one = recordSetOf(["10.0.0.1", "10.0.0.2"], undefined);
    const other = recordSetOf(["10.0.0.2", "10.0.0.3"], undefined);
    expect(union(one, other).ips).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
    expect(union(one, recordSetOf(["10.0.0.1"], undefined))).toBe(one);
    expect(isWithin(one, union(one, other))).toBe(true);
    expect(isWithin(one, other)).toBe(false);
  });
});
