import { seeded } from "@fairlead/shared";
import { describe, expect, test } from "vitest";
import type { DnsAnswer } from "./message.js";
import { nextAskInMs } from "./timing.js";

function range(answer: DnsAnswer, failures = 0): readonly [number, number] {
  const rng = seeded(5);
  const delays = Array.from({ length: 500 }, () => nextAskInMs(answer, failures, rng));
  return [Math.min(...delays), Math.max(...delays)];
}

function expectWithin(answer: DnsAnswer, aboutMs: number): void {
  const [least, most] = range(answer);
  expect(least).toBeGreaterThanOrEqual(aboutMs * 0.9);
  expect(most).toBeLessThanOrEqual(aboutMs * 1.1);
  expect(most - least).toBeGreaterThan(aboutMs * 0.15);
}

describe("when to ask again", () => {
  const records = (ttlS: number): DnsAnswer => ({ kind: "records", addresses: ["10.0.0.1"], ttlS, truncated: false });

  test("at the TTL, give or take a tenth, never before a second or after a minute", () => {
    expectWithin(records(20), 20_000);
    expectWithin(records(0), 1_000);
    expectWithin(records(604_800), 60_000);
  });

  test("an absence is rechecked as the zone says, within one to thirty seconds", () => {
    expectWithin({ kind: "no-name", ttlS: 12 }, 12_000);
    expectWithin({ kind: "no-data", ttlS: 0 }, 1_000);
    expectWithin({ kind: "no-data", ttlS: 3_600 }, 30_000);
    expectWithin({ kind: "no-name", ttlS: undefined }, 5_000);
  });

  test("failures back off with full jitter from one second to thirty", () => {
    const failure: DnsAnswer = { kind: "failure", cause: "silence" };
    const [, first] = range(failure, 1);
    expect(first).toBeLessThanOrEqual(2_000);
    const [least, most] = range(failure, 20);
    expect(least).toBeGreaterThanOrEqual(1_000);
    expect(least).toBeLessThan(3_000);
    expect(most).toBeLessThanOrEqual(30_000);
    expect(most).toBeGreaterThan(27_000);
  });
});
