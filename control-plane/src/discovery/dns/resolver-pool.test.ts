import { describe, expect, test } from "vitest";
import { ResolverPool } from "./resolver-pool.js";

function poolOf(...resolvers: readonly string[]): ResolverPool {
  const pool = new ResolverPool();
  pool.use(resolvers);
  return pool;
}

function answers(pool: ResolverPool, server: string, latencyMs: number, times = 1): void {
  for (let time = 0; time < times; time++) pool.answered(server, latencyMs, 0);
}

describe("the order of resolvers", () => {
  test("is that of the configuration until they have answered", () => {
    expect(poolOf("a", "b", "c").order()).toEqual(["a", "b", "c"]);
    expect(poolOf().order()).toEqual([]);
    expect(poolOf("a").order()).toEqual(["a"]);
  });

  test("puts the clearly faster first, and does not wander between those that are alike", () => {
    const pool = poolOf("a", "b");
    answers(pool, "a", 60, 5);
    answers(pool, "b", 30);
    expect(pool.order()).toEqual(["a", "b"]);
    answers(pool, "b", 2, 20);
    expect(pool.order()).toEqual(["b", "a"]);
    answers(pool, "a", 1, 50);
    expect(pool.order()).toEqual(["b", "a"]);
  });

  test("does not leave for one that is faster but says something else; only for failures", () => {
    const pool = poolOf("a", "b");
    answers(pool, "a", 300, 5);
    answers(pool, "b", 1, 5);
    pool.dispute(new Set(["b"]));
    expect(pool.order()).toEqual(["a", "b"]);
    pool.failed("a", 0);
    pool.failed("a", 0);
    expect(pool.order()).toEqual(["b", "a"]);
    pool.dispute(new Set(["a"]));
    answers(pool, "a", 0, 9);
    answers(pool, "b", 300, 50);
    expect(pool.order()).toEqual(["b", "a"]);
    pool.dispute(new Set());
    expect(pool.order()).toEqual(["a", "b"]);
  });

  test("forgives one failure, leaves after two in a row, and comes back to what works again and is faster", () => {
    const pool = poolOf("a", "b");
    answers(pool, "a", 1, 5);
    answers(pool, "b", 60);
    pool.failed("a", 0);
    expect(pool.order()).toEqual(["a", "b"]);
    pool.failed("a", 0);
    expect(pool.order()).toEqual(["b", "a"]);
    answers(pool, "a", 1);
    expect(pool.order()).toEqual(["a", "b"]);
  });

  test("puts those that fail last, also behind one nobody knows", () => {
    const pool = poolOf("a", "b", "c");
    for (const server of ["a", "b", "b", "a", "a"]) pool.failed(server, 0);
    expect(pool.order()).toEqual(["c", "b", "a"]);
    expect(pool.isOut).toBe(false);
    pool.failed("c", 0);
    pool.failed("c", 0);
    expect(pool.isOut).toBe(true);
  });

  test("keeps what is known about resolvers that stay when others come and go", () => {
    const pool = poolOf("a", "b");
    answers(pool, "b", 2);
    expect(pool.order()).toEqual(["b", "a"]);
    pool.use(["c", "b"]);
    expect(pool.order()).toEqual(["b", "c"]);
    pool.use(["c"]);
    expect(pool.order()).toEqual(["c"]);
    answers(pool, "a", 1);
    expect(pool.latencyMs("a")).toBeUndefined();
  });
});

describe("a probe", () => {
  test("is for each resolver that is not preferred, every five seconds", () => {
    const pool = poolOf("a", "b", "c");
    expect([pool.toProbe(0), pool.toProbe(0), pool.toProbe(0)]).toEqual(["b", "c", undefined]);
    expect(pool.toProbe(4_999)).toBeUndefined();
    expect(pool.toProbe(5_000)).toBe("b");
    pool.answered("c", 1, 5_000);
    expect(pool.toProbe(9_999)).toBeUndefined();
  });

  test("is not for the only one", () => {
    expect(poolOf("a").toProbe(60_000)).toBeUndefined();
    expect(poolOf("a").secondOpinion).toBeUndefined();
  });
});

test("a second opinion comes from another one that does not fail", () => {
  const pool = poolOf("a", "b", "c");
  answers(pool, "a", 1);
  pool.failed("b", 0);
  pool.failed("b", 0);
  expect(pool.secondOpinion).toBe("c");
});

test("a server that refuses EDNS is asked without for ten minutes", () => {
  const pool = poolOf("a", "b");
  pool.refusesEdns("a", 1_000);
  expect(pool.withoutEdns("a", 600_999)).toBe(true);
  expect(pool.withoutEdns("b", 1_000)).toBe(false);
  expect(pool.withoutEdns("a", 601_000)).toBe(false);
});
