import { seeded } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import { nameOf } from "../testing/scripted-probe.js";
import { unknownHealth } from "./rise-fall.js";
import { nextProbeInMs, phaseOf } from "./schedule.js";

const TIMING = { intervalMs: 5_000, fastIntervalMs: 1_000, timeoutMs: 1_000, rise: 2, fall: 3, pauseToleranceMs: 0 };
const CALM = unknownHealth("", 0);

describe("the schedule of probes", () => {
  test("never exceeds the interval, and varies by a fifth of it", () => {
    const rng = seeded(1);
    const delays = Array.from({ length: 1_000 }, () => nextProbeInMs(CALM, TIMING, rng));
    expect(Math.max(...delays)).toBeLessThanOrEqual(5_000);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(4_000);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(800);
  });

  test("is fast while results disagree with the status, and fastest after one refusal", () => {
    const disagreeing = { ...CALM, health: { ...CALM.health, disagreeing: 1 } };
    expect(nextProbeInMs(disagreeing, TIMING, seeded(1))).toBe(1_000);
    expect(nextProbeInMs({ ...disagreeing, refusedOnce: true }, TIMING, seeded(1))).toBe(100);
  });

  test("spreads endpoints evenly, and each the same way every time", () => {
    const tenths = new Array<number>(10).fill(0);
    for (let host = 0; host < 2_000; host++) {
      const id = `10.0.${host >> 8}.${host & 255}:80` as Parameters<typeof phaseOf>[1];
      const phase = phaseOf(nameOf("shop"), id);
      expect(phaseOf(nameOf("shop"), id)).toBe(phase);
      const tenth = Math.floor((phase - 0.1) / 0.09);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    // 200 each; 5 standard deviations of a binomial (n 2000, p 0.1) are 67.
    for (const count of tenths) expect(Math.abs(count - 200)).toBeLessThan(67);
  });
});
