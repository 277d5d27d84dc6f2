import { describe, expect, test } from "vitest";
import { priorityShares } from "./priority-shares.js";

const level = (usablePercent: number) => ({ availablePercent: Math.min(100, usablePercent * 1.4), usablePercent, isEmpty: false });

/** `P` marks panic. */
function told(usable: readonly number[], panicPercent = 50): string {
  const shares = priorityShares(usable.map(level), panicPercent);
  if (typeof shares === "string") return shares;
  return shares.map(({ share, isPanic }) => `${Math.round(share * 100)}${isPanic ? "P" : ""}`).join(" ");
}

describe("the priorities share the traffic", () => {
  // The examples of Envoy's documentation of priority levels and of the panic threshold, with overprovisioning 1.4.
  test.each([
    [[100, 100], "100 0"],
    [[72, 100], "100 0"],
    [[71, 100], "99 1"],
    [[50, 100], "70 30"],
    [[25, 100], "35 65"],
    [[0, 100], "0 100"],
    [[72, 72, 100], "100 0 0"],
    [[50, 60, 100], "70 30 0"],
    [[25, 0, 100], "35 0 65"],
    [[5, 65], "7P 93"],
    [[25, 25], "everybody"],
    [[0, 60], "0 100"],
    [[30, 50], "42 58"],
    [[20, 50], "29P 71"],
    [[0, 0], "everybody"],
  ])("%j percent usable get %s", (usable, expected) => {
    expect(told(usable)).toBe(expected);
  });

  test("and none is doubted where panic is turned off", () => {
    expect(told([25, 25], 0)).toBe("50 50");
    expect(told([0, 0], 0)).toBe("nobody");
  });

  test("of which the shares add up to one", () => {
    for (const usable of [[10, 20, 30], [33], [71, 3, 0, 100]]) {
      const shares = priorityShares(usable.map(level), 0);
      if (typeof shares === "string") throw new Error(shares);
      expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
    }
  });
});
