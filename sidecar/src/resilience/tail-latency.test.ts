import { describe, expect, test } from "vitest";
import { TailLatency } from "./tail-latency.js";

function of(tookMs: readonly number[], nowMs = 0): TailLatency {
  const tail = new TailLatency();
  for (const each of tookMs) tail.record(each, nowMs);
  return tail;
}

const many = (count: number, tookMs: number) => Array.from({ length: count }, () => tookMs);

describe("what 95 % take no longer than", () => {
  test("is told within 19 %, and slow answers of one in twenty do not move it", () => {
    const tail = of([...many(95, 20), ...many(5, 900)]);
    expect(tail.p95Ms(0)).toBeGreaterThanOrEqual(20);
    expect(tail.p95Ms(0)).toBeLessThan(20 * 1.19);
    tail.record(900, 0);
    expect(tail.p95Ms(0)).toBeGreaterThanOrEqual(900);
  });

  test("is unknown of few answers, and of such as are too slow to be told", () => {
    expect(of(many(49, 20)).p95Ms(0)).toBeUndefined();
    expect(of(many(50, 20)).p95Ms(0)).toBeDefined();
    expect(of(many(50, 100_000)).p95Ms(0)).toBeUndefined();
  });

  test("is never below 5 ms", () => {
    expect(of(many(100, 0.2)).p95Ms(0)).toBe(5);
  });

  test("forgets: a slow time is over soon after it is over, and silence makes it unknown", () => {
    const tail = of(many(1_000, 800));
    for (let nowMs = 0; nowMs < 100_000; nowMs += 100) tail.record(10, nowMs);
    expect(tail.p95Ms(100_000)).toBeLessThan(12);
    expect(tail.p95Ms(200_000)).toBeUndefined();
    expect(tail.p95Ms(1e9)).toBeUndefined();
  });
});
