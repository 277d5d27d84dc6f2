import { seeded } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import type { EndpointState, PickSettings } from "../endpoint/index.js";
import { pickingBy } from "../endpoint/testing/picking.js";
import { stateAt } from "../endpoint/testing/state-at.js";
import { connectEjection } from "../resilience/index.js";
import { BalancerMemory } from "./balancer-memory.js";
import { newPicker } from "./new-picker.js";
import type { Picker } from "./picker.js";

function pickerOf(states: readonly EndpointState[], seed: number, change: Partial<PickSettings> = {}): Picker {
  const deps = { rng: seeded(seed), ejection: connectEjection, memory: new BalancerMemory() };
  return newPicker({ picking: pickingBy("least-request", change), groups: [{ share: 1, endpoints: states }] }, deps);
}

function hold(picker: Picker, count: number): void {
  for (let request = 0; request < count; request++) picker.pick({ nowMs: 0, exclude: [] });
}

describe("least request", () => {
  test("among two the busier one is never picked", () => {
    const [busy, idle] = [stateAt(1), stateAt(2)];
    busy.inFlight = 1;
    for (let seed = 0; seed < 100; seed++) {
      const pick = pickerOf([busy, idle], seed).pick({ nowMs: 0, exclude: [] });
      expect(pick.kind === "picked" && pick.lease.endpoint).toBe(idle);
      if (pick.kind === "picked") pick.lease.release({ kind: "abandoned" }, 0);
    }
  });

  test("requests held for long settle by weight", () => {
    const states = [stateAt(1, 100), stateAt(2, 200), stateAt(3, 300)];
    hold(pickerOf(states, 1), 600);
    // A scan keeps loads per weight within one request of each other.
    for (const [index, state] of states.entries()) expect(Math.abs(state.inFlight - (index + 1) * 100)).toBeLessThanOrEqual(2);
  });

  // Choice of two over n equal endpoints keeps the largest load within log2(ln n) + O(1) of the mean (Mitzenmacher 1996): for 50
  // that is 2, and 3 allowed here. A single random choice would be sqrt(2 * 20 * ln 50) = 12 above it.
  test("of fifty endpoints none is far above the mean", () => {
    const states = Array.from({ length: 50 }, (_, index) => stateAt(index + 1));
    hold(pickerOf(states, 2), 1_000);
    expect(Math.max(...states.map((state) => state.inFlight))).toBeLessThanOrEqual(23);
  });

  test("a full scan leaves nobody more than one above another", () => {
    const states = Array.from({ length: 50 }, (_, index) => stateAt(index + 1));
    hold(pickerOf(states, 3, { choices: Number.POSITIVE_INFINITY }), 1_025);
    expect(new Set(states.map((state) => state.inFlight))).toEqual(new Set([20, 21]));
  });
});
