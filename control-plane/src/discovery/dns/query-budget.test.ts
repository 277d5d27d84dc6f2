import { newMetrics } from "@fairlead/shared";
import { FakeClock } from "@fairlead/shared/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { QueryBudget } from "./query-budget.js";

function budgetOf(...limits: readonly number[]) {
  const clock = new FakeClock();
  const metrics = newMetrics();
  const budget = new QueryBudget(clock, metrics);
  const claims = limits.map((limit) => budget.claim(limit));
  const sent: { readonly name: string; readonly atMs: number }[] = [];
  const ask = async (name: string, dueMs = 0, server = "a") => {
    const admitted = budget.admit(server, dueMs);
    if (admitted === true || (await admitted)) sent.push({ name, atMs: clock.nowMs() });
  };
  const pass = async (ms: number) => {
    for (let gone = 0; gone < ms; gone += 5) {
      clock.advance(5);
      for (let turn = 0; turn < 3; turn++) await Promise.resolve();
    }
  };
  return { clock, metrics, budget, claims, sent, ask, pass };
}

/** The most that any second held, wherever it begins. */
function busiestSecond(times: readonly number[]): number {
  const sorted = [...times].sort((one, other) => one - other);
  let most = 0;
  for (let first = 0, last = 0; last < sorted.length; last++) {
    while ((sorted[last] ?? 0) - (sorted[first] ?? 0) > 1_000) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

describe("the budget of queries", () => {
  test("no second has more than the limit, however many ask, and none is wasted", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 10, max: 500 }),
        fc.array(fc.tuple(fc.nat(400), fc.nat(300)), { maxLength: 12 }),
        async (limit, bursts) => {
          const { sent, ask, pass } = budgetOf(limit);
          let asked = 0;
          for (const [count, pauseMs] of bursts) {
            for (let query = 0; query < count; query++) void ask(`${asked++}`);
            await pass(pauseMs);
          }
          await pass(1_000 + (asked / (limit * 0.8)) * 1_000);
          expect(sent).toHaveLength(asked);
          expect(busiestSecond(sent.map(({ atMs }) => atMs))).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("of those that wait, the longest due go first, whichever source asks", async () => {
    const { sent, ask, pass } = budgetOf(10);
    void ask("at once", 50);
    for (const [name, dueMs] of [
      ["late", 30],
      ["latest", 10],
      ["last", 40],
      ["later", 20],
    ] as const)
      void ask(name, dueMs);
    await pass(1_000);
    expect(sent.map(({ name }) => name)).toEqual(["at once", "latest", "later", "late", "last"]);
  });

  test("each resolver has its own, and the lowest limit of the sources holds while it runs", async () => {
    const { sent, ask, pass, claims } = budgetOf(100, 20);
    for (let query = 0; query < 500; query++) for (const server of ["a", "b"]) void ask(server, 0, server);
    await pass(2_000);
    expect(busiestSecond(sent.filter(({ name }) => name === "b").map(({ atMs }) => atMs))).toBeLessThanOrEqual(20);
    expect(sent.length).toBeGreaterThan(60);
    void claims[1]?.close();
    sent.length = 0;
    await pass(2_000);
    expect(sent.length).toBeGreaterThan(300);
  });

  test("more than ten thousand do not wait, and that is counted", async () => {
    const { budget, metrics } = budgetOf(10);
    const admitted = Array.from({ length: 10_010 }, () => budget.admit("a", 0));
    expect(await admitted.at(-1)).toBe(false);
    expect(await metrics.expose()).toMatch(/fairlead_dns_queries_refused_total 9\n/);
  });

  test("with the last source everybody who waits is let go, and no timer stays", async () => {
    const { clock, claims, budget } = budgetOf(10);
    const waiting = Array.from({ length: 5 }, () => budget.admit("a", 0)).slice(1);
    void claims[0]?.close();
    expect(await Promise.all(waiting)).toEqual([false, false, false, false]);
    expect(await budget.admit("a", 0)).toBe(false);
    expect(clock.pendingCount).toBe(0);
  });
});
