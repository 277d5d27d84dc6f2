import { describe, expect, test } from "vitest";
import { RequestLimits } from "./request-limits.js";

describe("request limits of a cluster", () => {
  test("the circuit breaker refuses beyond its limit and opens when one leaves", () => {
    const limits = new RequestLimits();
    expect([limits.enter(2), limits.enter(2), limits.enter(2)]).toEqual([true, true, false]);
    limits.leave();
    expect(limits.enter(2)).toBe(true);
    expect(limits.inFlight).toBe(2);
  });

  test("three retries at once are allowed whatever the traffic", () => {
    const limits = new RequestLimits();
    limits.enter(10);
    expect([1, 2, 3, 4].map(() => limits.enterRetry(20))).toEqual([true, true, true, false]);
    limits.leaveRetry();
    expect(limits.enterRetry(20)).toBe(true);
  });

  test("under load retries are a share of the requests in flight", () => {
    const limits = new RequestLimits();
    for (let request = 0; request < 100; request++) limits.enter(1_000);
    let granted = 0;
    while (limits.enterRetry(20)) granted++;
    expect(granted).toBe(20);
  });
});
