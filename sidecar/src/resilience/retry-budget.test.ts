import { seeded } from "@fairlead/shared";
import { expect, test } from "vitest";
import { RetryBudget } from "./retry-budget.js";

function granted(budget: RetryBudget, percent: number, nowMs: number): number {
  let retries = 0;
  for (; budget.hasRoom(percent, nowMs); retries++) budget.retried(nowMs);
  return retries;
}

test("retries are a share of the requests of the last ten seconds, and ten more", () => {
  const budget = new RetryBudget();
  for (let request = 0; request < 1_000; request++) budget.requested(request);
  expect(granted(budget, 20, 999)).toBe(210);
});

test("what is older than ten seconds neither earns nor costs anything, however long nothing happened", () => {
  const budget = new RetryBudget();
  for (let request = 0; request < 1_000; request++) budget.requested(500);
  expect(granted(budget, 20, 500)).toBe(210);
  expect(granted(budget, 20, 9_999)).toBe(0);
  expect(granted(budget, 20, 10_000)).toBe(10);
  expect(granted(budget, 20, 86_400_000)).toBe(10);
});

test("a budget of nothing leaves the floor", () => {
  const budget = new RetryBudget();
  for (let request = 0; request < 1_000; request++) budget.requested(0);
  expect(granted(budget, 0, 0)).toBe(10);
});

test("in no ten seconds are there more, whenever who comes", () => {
  const budget = new RetryBudget();
  const rng = seeded(7);
  const requests: number[] = [];
  const retries: number[] = [];
  for (let nowMs = 0; nowMs < 120_000; nowMs += rng.next() * 40) {
    requests.push(nowMs);
    budget.requested(nowMs);
    if (rng.next() < 0.5 || !budget.hasRoom(20, nowMs)) continue;
    budget.retried(nowMs);
    retries.push(nowMs);
  }
  const within = (times: readonly number[], endMs: number) => times.filter((atMs) => atMs > endMs - 9_000 && atMs <= endMs).length;
  const asked = (endMs: number) => requests.filter((atMs) => atMs > endMs - 10_000 && atMs <= endMs).length;
  for (let endMs = 1_000; endMs < 120_000; endMs += 1_000) expect(within(retries, endMs)).toBeLessThanOrEqual(10 + asked(endMs) * 0.2 + 1);
});
