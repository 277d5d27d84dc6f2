import { seeded } from "@fairlead/shared";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EndpointState } from "../endpoint/index.js";
import { stateAt } from "../endpoint/testing/state-at.js";
import { LocalEjection } from "../resilience/index.js";
import { BalancerMemory } from "./balancer-memory.js";
import { RoundRobinChooser } from "./round-robin.js";

const chooserOf = (states: readonly EndpointState[], seed: number) =>
  new RoundRobinChooser(states, { rng: seeded(seed), ejection: new LocalEjection(), memory: new BalancerMemory() });

function picks(chooser: RoundRobinChooser, count: number, nowMs = 0): number[] {
  return Array.from({ length: count }, () => Number(chooser.choose({ nowMs, exclude: [] }, false)?.endpoint.ip.split(".")[3]));
}

describe("smooth weighted round robin", () => {
  // The property that smoothness is: at any moment nobody is a whole turn away from its exact share, and a half for the phase.
  test("after any number of picks every endpoint has its share, to within two turns", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 20 }),
        fc.nat(300),
        fc.nat(),
        (weights, count, seed) => {
          const states = weights.map((weight, index) => stateAt(index + 1, weight));
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          const made = picks(chooserOf(states, seed), count);
          for (const [index, weight] of weights.entries()) {
            const turns = made.filter((octet) => octet === index + 1).length;
            expect(Math.abs(turns - (count * weight) / total)).toBeLessThanOrEqual(2);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test("equal weights rotate exactly from any random phase, and sidecars start at different endpoints", () => {
    const starts = new Set<number>();
    for (let seed = 1; seed <= 50; seed++) {
      const chooser = chooserOf([stateAt(1, 100), stateAt(2, 100), stateAt(3, 100), stateAt(4, 100)], seed);
      const round = picks(chooser, 4);
      expect([...round].sort()).toEqual([1, 2, 3, 4]);
      expect(picks(chooser, 4)).toEqual(round);
      starts.add(round[0] ?? 0);
    }
    expect(starts.size).toBe(4);
  });

  test("newcomers get their first turns spread over a round, not one after another", () => {
    const states = Array.from({ length: 10 }, (_, index) => stateAt(index + 1, 100));
    picks(chooserOf(states, 3), 105);
    const newcomers = [stateAt(50, 100), stateAt(51, 100)];
    const next = picks(chooserOf([...states, ...newcomers], 3), 3);
    expect(next.filter((octet) => octet >= 50).length).toBeLessThan(3);
    expect(next[0]).toBeLessThan(50);
  });

  test("an endpoint back from another set is not flooded, whichever way its time differs", () => {
    for (const due of [-1_000_000, 1_000_000]) {
      const back = stateAt(1, 100);
      const others = [stateAt(2, 100), stateAt(3, 100)];
      for (const state of others) state.turnDue = 5;
      back.turnDue = due;
      const turns = picks(chooserOf([back, ...others], 1), 30).filter((octet) => octet === 1).length;
      // Its share of 30 is 10; it is at most two rounds behind or before.
      expect(Math.abs(turns - 10)).toBeLessThanOrEqual(2);
    }
  });

  test("who is passed over loses its turns and has no row of them afterwards", () => {
    const states = [stateAt(1, 100), stateAt(2, 100), stateAt(3, 100)];
    const chooser = chooserOf(states, 4);
    const [out] = states;
    if (out !== undefined) out.ejectedUntilMs = 1_000;
    expect(picks(chooser, 30)).not.toContain(1);
    if (out !== undefined) out.ejectedUntilMs = 0;
    expect(picks(chooser, 30).filter((octet) => octet === 1)).toHaveLength(10);
  });

  test("whom a request excludes keeps its turn", () => {
    const states = [stateAt(1, 100), stateAt(2, 100)];
    const chooser = chooserOf(states, 4);
    const first = chooser.choose({ nowMs: 0, exclude: [] }, false);
    const second = states.find((state) => state !== first) as EndpointState;
    expect(chooser.choose({ nowMs: 0, exclude: [second.endpoint.id] }, false)).toBe(first);
    expect(chooser.choose({ nowMs: 0, exclude: [] }, false)).toBe(second);
  });
});
