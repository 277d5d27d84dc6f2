import { seeded } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import type { EndpointState } from "../endpoint/index.js";
import { pickingBy } from "../endpoint/testing/picking.js";
import { stateAt } from "../endpoint/testing/state-at.js";
import { LocalEjection } from "../resilience/index.js";
import { BalancerMemory } from "./balancer-memory.js";
import { newPicker } from "./new-picker.js";
import { learnReport, type ReportedLoad } from "./reported-load.js";

const report = (requestsPerSecond: number, utilization: number, errorsPerSecond = 0): ReportedLoad => ({
  requestsPerSecond,
  utilization,
  errorsPerSecond,
});

function turnsAt(states: readonly EndpointState[], nowMs: number, picks: number): number[] {
  const deps = { rng: seeded(1), ejection: new LocalEjection(), memory: new BalancerMemory() };
  const picker = newPicker({ picking: pickingBy("reported-round-robin"), groups: [{ share: 1, endpoints: states }] }, deps);
  const before = states.map(({ inFlight }) => inFlight);
  for (let pick = 0; pick < picks; pick++) picker.pick({ nowMs, exclude: [] });
  return states.map(({ inFlight }, index) => inFlight - (before[index] ?? 0));
}

describe("round robin by reported load", () => {
  test("gives to each as much as it does with what it uses, errors counted as work, and the mean to who says nothing", () => {
    const states = [stateAt(1), stateAt(2), stateAt(3), stateAt(4)];
    const [twice, once, failing] = states as [EndpointState, EndpointState, EndpointState];
    for (const nowMs of [0, 10_000]) {
      learnReport(twice, report(100, 0.25), nowMs);
      learnReport(once, report(100, 0.5), nowMs);
      // 0.5 and half of its requests fail: it is as if it used all.
      learnReport(failing, report(100, 0.5, 50), nowMs);
    }
    // 400, 200, 100 and their mean of 233: of 2,800 picks 1,200, 600, 300 and 700, to within two turns.
    const turns = turnsAt(states, 10_000, 2_800);
    for (const [index, share] of [1_200, 600, 300, 700].entries()) expect(Math.abs((turns[index] ?? 0) - share)).toBeLessThanOrEqual(3);
  });

  test("is plain while fewer than two have reports that count: too young, too old, or empty", () => {
    const states = [stateAt(1), stateAt(2)];
    const [one, other] = states as [EndpointState, EndpointState];
    learnReport(one, report(100, 0.9), 0);
    learnReport(other, report(100, 0.1), 5_000);
    expect(turnsAt(states, 9_999, 100)).toEqual([50, 50]);
    expect(turnsAt(states, 15_000, 100)[1]).toBeGreaterThan(80);
    learnReport(other, report(0, 0.1), 100_000);
    learnReport(other, report(100, 0), 100_000);
    expect(turnsAt(states, 180_000, 100)).toEqual([50, 50]);
  });
});
