import { seeded } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import { stateAt } from "../endpoint/testing/state-at.js";
import { connectEjection } from "../resilience/index.js";
import { RoundRobinPicker } from "./round-robin.js";

function picks(picker: RoundRobinPicker, count: number): number[] {
  return Array.from({ length: count }, () => {
    const pick = picker.pick({ nowMs: 0, exclude: [] });
    if (pick.kind === "refused") throw new Error("refused");
    pick.lease.release({ kind: "success", status: 200 }, 0);
    return Number(pick.lease.endpoint.endpoint.ip.split(".")[3]);
  });
}

const deps = (seed: number) => ({ rng: seeded(seed), ejection: connectEjection });

describe("smooth weighted round robin", () => {
  test("from equal credits, weights 5:1:1 give a a b a c a a", () => {
    const states = [stateAt(1, 5), stateAt(2, 1), stateAt(3, 1)];
    for (const state of states) state.roundRobinCredit = 0;
    expect(picks(new RoundRobinPicker(states, deps(1)), 7)).toEqual([1, 1, 2, 1, 3, 1, 1]);
  });

  test("equal weights rotate exactly from any random phase, and sidecars start at different endpoints", () => {
    const starts = new Set<number>();
    for (let seed = 1; seed <= 50; seed++) {
      const picker = new RoundRobinPicker([stateAt(1, 100), stateAt(2, 100), stateAt(3, 100), stateAt(4, 100)], deps(seed));
      const round = picks(picker, 4);
      expect([...round].sort()).toEqual([1, 2, 3, 4]);
      expect(picks(picker, 4)).toEqual(round);
      starts.add(round[0] ?? 0);
    }
    expect(starts.size).toBe(4);
  });

  test("newcomers get their first turns spread over a round, not one after another", () => {
    const states = Array.from({ length: 10 }, (_, index) => stateAt(index + 1, 100));
    picks(new RoundRobinPicker(states, deps(3)), 105);
    const newcomers = [stateAt(50, 100), stateAt(51, 100)];
    const next = picks(new RoundRobinPicker([...states, ...newcomers], deps(3)), 3);
    expect(next.filter((octet) => octet >= 50).length).toBeLessThan(3);
    expect(next[0]).toBeLessThan(50);
  });

  test("an endpoint back from a much larger set is not flooded", () => {
    const back = stateAt(1, 100);
    const others = [stateAt(2, 100), stateAt(3, 100)];
    for (const state of others) state.roundRobinCredit = 0;
    back.roundRobinCredit = 1_000_000;
    const next = picks(new RoundRobinPicker([back, ...others], deps(1)), 12);
    // Its share of 12 is 4. All three are cut to within two rounds of their mean, so it is at most four rounds' total above the
    // others, of which each turn of its own beyond its share takes one: at most four on top.
    expect(next.filter((octet) => octet === 1).length).toBeLessThanOrEqual(8);
  });
});
