import { seeded } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import type { EndpointState } from "../endpoint/index.js";
import { pickingBy } from "../endpoint/testing/picking.js";
import { stateAt } from "../endpoint/testing/state-at.js";
import { LocalEjection } from "../resilience/index.js";
import { BalancerMemory } from "./balancer-memory.js";
import { expectedMs, learnAbandoned, learnLatency } from "./latency.js";
import { newPicker } from "./new-picker.js";

const learner = (memory: BalancerMemory) => ({
  answered: (state: EndpointState, tookMs: number, nowMs: number) => learnLatency(state, memory, { tookMs, failed: false, nowMs }),
  failed: (state: EndpointState, tookMs: number, nowMs: number) => learnLatency(state, memory, { tookMs, failed: true, nowMs }),
});

describe("what is expected of an endpoint", () => {
  test("jumps to a slow answer at once, and comes down with the answers that follow", () => {
    const [state, memory] = [stateAt(1), new BalancerMemory()];
    learner(memory).answered(state, 10, 0);
    learner(memory).answered(state, 900, 1);
    expect(expectedMs(state, memory, 1)).toBe(900);
    for (let at = 100; at <= 30_000; at += 100) learner(memory).answered(state, 10, at);
    expect(expectedMs(state, memory, 30_000)).toBeLessThan(60);
  });

  test("is the typical of the service where nothing is known, and fades to below it where nobody calls", () => {
    const [state, unknown, memory] = [stateAt(1), stateAt(2), new BalancerMemory()];
    for (let at = 0; at < 1_000; at += 10) memory.succeeded(50, at);
    expect(expectedMs(unknown, memory, 1_000)).toBe(50);
    learner(memory).failed(state, 0, 1_000);
    expect(expectedMs(state, memory, 1_000)).toBe(5_000);
    expect(expectedMs(state, memory, 11_000)).toBeCloseTo(25 + 4_975 / Math.E);
    expect(expectedMs(state, memory, 120_000)).toBeLessThan(50);
  });

  test("is never better for a failure, however quick, and a caller that leaves early says nothing", () => {
    const [state, memory] = [stateAt(1), new BalancerMemory()];
    learner(memory).answered(state, 20, 0);
    learner(memory).failed(state, 1, 10);
    expect(expectedMs(state, memory, 10)).toBeGreaterThan(4_900);
    const patient = stateAt(2);
    learner(memory).answered(patient, 20, 10);
    learnAbandoned(patient, memory, { waitedMs: 5, nowMs: 20 });
    expect(expectedMs(patient, memory, 20)).toBe(20);
    learnAbandoned(patient, memory, { waitedMs: 700, nowMs: 20 });
    expect(expectedMs(patient, memory, 20)).toBe(700);
  });
});

test("a host that fails at once gets next to nothing, and is found again when it answers", () => {
  const states = Array.from({ length: 10 }, (_, index) => stateAt(index + 1));
  const deps = { rng: seeded(9), ejection: new LocalEjection(), memory: new BalancerMemory() };
  const picker = newPicker({ picking: pickingBy("peak-ewma"), groups: [{ share: 1, endpoints: states }] }, deps);
  const [failing] = states;
  const requests = (fromMs: number, toMs: number, fails: boolean) => {
    let there = 0;
    for (let nowMs = fromMs; nowMs < toMs; nowMs += 5) {
      const pick = picker.pick({ nowMs, exclude: [] });
      if (pick.kind === "refused") throw new Error("refused");
      const isFailing = pick.lease.endpoint === failing;
      if (isFailing) there++;
      if (isFailing && fails) pick.lease.release({ kind: "success", status: 503 }, nowMs + 1);
      else pick.lease.release({ kind: "success", status: 200 }, nowMs + 15 + (pick.lease.endpoint.endpoint.port % 10));
    }
    return there / ((toMs - fromMs) / 5);
  };
  requests(0, 2_000, true);
  expect(requests(2_000, 30_000, true)).toBeLessThan(0.01);
  requests(30_000, 150_000, false);
  expect(requests(150_000, 180_000, false)).toBeGreaterThan(0.02);
});
