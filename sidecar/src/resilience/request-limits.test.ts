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

  const take = (limits: RequestLimits, nowMs = 0): boolean => {
    const has = limits.hasRoomForRetry(20, nowMs, false);
    if (has) limits.enterRetry(nowMs, false);
    return has;
  };

  test("three retries at once are allowed whatever the traffic", () => {
    const limits = new RequestLimits();
    limits.enter(10);
    expect([1, 2, 3, 4].map(() => take(limits))).toEqual([true, true, true, false]);
    limits.leaveRetry();
    expect(take(limits)).toBe(true);
  });

  test("under load retries are a share of the requests in flight, and of those of the last seconds", () => {
    const limits = new RequestLimits();
    for (let request = 0; request < 100; request++) {
      limits.enter(1_000);
      limits.began(0);
    }
    let granted = 0;
    while (take(limits)) granted++;
    expect(granted).toBe(20);
    for (; granted > 0; granted--) limits.leaveRetry();
    while (take(limits)) granted++;
    expect(granted).toBe(10);
  });

  test("a request that holds a place needs no other, and pays for each retry all the same", () => {
    const limits = new RequestLimits();
    let retries = 0;
    for (; limits.hasRoomForRetry(20, 0, true); retries++) limits.enterRetry(0, true);
    expect([retries, limits.retrying]).toEqual([10, 0]);
  });
});
