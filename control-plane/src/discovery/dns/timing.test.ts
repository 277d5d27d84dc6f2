import { seeded } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import type { DnsAnswer } from "./message.js";
import { DNS_DEFAULTS } from "./testing/fake-resolver.js";
import { askAgain, type Occasion, retryInMs, type TtlLimits } from "./timing.js";

type Answer = Exclude<DnsAnswer, { kind: "failure" }>;

function delays(
  answer: Answer,
  { doubted = false, first = false, limits = DNS_DEFAULTS }: Partial<Occasion> & { limits?: TtlLimits } = {},
) {
  const rng = seeded(5);
  const all = Array.from({ length: 500 }, () => askAgain(answer, { doubted, first }, limits, rng));
  const inMs = all.map((next) => next.inMs);
  return { least: Math.min(...inMs), most: Math.max(...inMs), freshForMs: all[0]?.freshForMs };
}

function expectBefore(answer: Answer, ttlMs: number, options: Parameters<typeof delays>[1] = {}): void {
  const { least, most, freshForMs } = delays(answer, options);
  expect(least).toBeGreaterThanOrEqual(ttlMs * 0.85);
  expect(most).toBeLessThanOrEqual(ttlMs * 0.93);
  expect(most - least).toBeGreaterThan(ttlMs * 0.06);
  expect(freshForMs).toBe(ttlMs);
}

describe("when to ask again", () => {
  const records = (ttlS: number): Answer => ({ kind: "records", data: ["10.0.0.1"], ttlS });

  test("in the last part of the TTL, which has a floor and a ceiling", () => {
    expectBefore(records(20), 20_000);
    expectBefore(records(0), 1_000);
    expectBefore(records(604_800), 60_000);
    const limits = { minTtlMs: 3_000, maxTtlMs: 4_000 };
    expectBefore(records(0), 3_000, { limits });
    expectBefore(records(5), 4_000, { limits });
    expectBefore({ kind: "no-name", ttlS: 30 }, 4_000, { limits });
  });

  test("the first time earlier, so that names asked at one moment part", () => {
    const { least, most } = delays(records(20), { first: true });
    expect(least).toBeLessThan(20_000 * 0.55);
    expect(most).toBeLessThanOrEqual(20_000 * 0.93);
  });

  test("an absence is rechecked as the zone says, within one to thirty seconds", () => {
    expectBefore({ kind: "no-name", ttlS: 12 }, 12_000);
    expectBefore({ kind: "no-data", ttlS: 0 }, 1_000);
    expectBefore({ kind: "no-data", ttlS: 3_600 }, 30_000);
    expectBefore({ kind: "no-name", ttlS: undefined }, 5_000);
  });

  test("a doubt is settled within seconds, whatever the TTL", () => {
    const { most, freshForMs } = delays({ kind: "no-name", ttlS: 3_600 }, { doubted: true });
    expect(most).toBeLessThanOrEqual(2_000);
    expect(freshForMs).toBe(30_000);
  });

  test("failures back off with full jitter from one second to thirty", () => {
    const rng = seeded(5);
    const after = (failures: number) => Array.from({ length: 500 }, () => retryInMs(failures, rng));
    expect(Math.max(...after(1))).toBeLessThanOrEqual(2_000);
    const many = after(20);
    expect(Math.min(...many)).toBeGreaterThanOrEqual(1_000);
    expect(Math.min(...many)).toBeLessThan(3_000);
    expect(Math.max(...many)).toBeLessThanOrEqual(30_000);
    expect(Math.max(...many)).toBeGreaterThan(27_000);
  });
});
