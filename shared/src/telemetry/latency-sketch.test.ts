import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LatencySketch, SKETCH_ACCURACY, SKETCH_BUCKETS } from "./latency-sketch.js";

const latencies = fc.array(fc.double({ min: 0, max: 7, noNaN: true }), { minLength: 1, maxLength: 300 }).map(
  // Evenly over the orders of magnitude from 0.1 ms to ten minutes, rather than nearly all of them above a minute.
  (exponents) => exponents.map((exponent) => Math.min(600_000, 0.1 * 10 ** exponent)),
);

function sketchOf(values: readonly number[]): LatencySketch {
  const sketch = LatencySketch.empty();
  for (const value of values) sketch.add(value);
  return sketch;
}

function decoded(text: string): LatencySketch {
  const found = LatencySketch.decode(text);
  if (!found.ok) throw new Error(found.error);
  return found.value;
}

describe("a sketch of latencies", () => {
  test("every quantile is within the stated share of the exact one, from 0.1 ms to ten minutes", () => {
    fc.assert(
      fc.property(latencies, fc.double({ min: 0.001, max: 1, noNaN: true }), (values, q) => {
        const exact = values.toSorted((one, other) => one - other)[Math.ceil(q * values.length) - 1] ?? Number.NaN;
        const found = sketchOf(values).quantile(q) ?? Number.NaN;
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * (SKETCH_ACCURACY + 1e-9));
      }),
    );
  });

  test("two merged are the sketch of all their latencies, and one taken away again leaves the other", () => {
    fc.assert(
      fc.property(latencies, latencies, (some, others) => {
        const merged = sketchOf(some);
        merged.merge(sketchOf(others));
        expect(merged.encode()).toBe(sketchOf([...some, ...others]).encode());
        merged.merge(sketchOf(others), -1);
        expect(merged.encode()).toBe(sketchOf(some).encode());
      }),
    );
  });

  test("comes out of its text as it went in", () => {
    fc.assert(
      fc.property(latencies, (values) => {
        const sketch = sketchOf(values);
        const back = decoded(sketch.encode());
        expect(back.encode()).toBe(sketch.encode());
        expect(back.count).toBe(values.length);
      }),
    );
  });

  test("what is outside its range counts as its ends, and nothing as nothing", () => {
    expect(LatencySketch.empty().quantile(0.5)).toBeUndefined();
    expect(decoded(LatencySketch.empty().encode()).count).toBe(0);
    expect(sketchOf([0, 0.01]).quantile(0.5)).toBe(0.1);
    const day = sketchOf([86_400_000]).quantile(0.5) ?? 0;
    expect(day).toBeGreaterThan(600_000);
    expect(day).toBeLessThan(800_000);
  });

  test("fading keeps the quantiles, and lets what comes after weigh more", () => {
    const sketch = sketchOf([1, 1, 1, 1]);
    sketch.fade(0.1);
    expect(sketch.quantile(0.99)).toBeCloseTo(1, 0);
    sketch.merge(sketchOf([100]));
    expect(sketch.quantile(0.5)).toBeGreaterThan(90);
  });

  test("a copy is not changed by what is added later", () => {
    const sketch = sketchOf([1]);
    const copy = sketch.copy();
    sketch.add(1);
    expect([copy.count, sketch.count]).toEqual([1, 2]);
  });

  const scheme = LatencySketch.empty().encode();
  test.each([
    ["nothing", "", 'scheme ""'],
    ["another scheme", "dd-0.01-1ms-2048 3:1", 'scheme "dd-0.01-1ms-2048"'],
    ["a bucket beyond the last", `${scheme} ${SKETCH_BUCKETS}:1`, "no bucket"],
    ["buckets out of order", `${scheme} 3:1 2:1`, '"2:1"'],
    ["a bucket twice", `${scheme} 3:1 3:1`, '"3:1"'],
    ["a negative count", `${scheme} 3:-1`, '"3:-1"'],
    ["a count that no sidecar counts", `${scheme} 3:9999999999`, "9999999999"],
    ["a fraction", `${scheme} 3:1.5`, "1.5"],
    ["a word", `${scheme} 3:NaN`, "NaN"],
    ["an empty pair", `${scheme}  3:1`, '""'],
    ["more than there can be", `${scheme} ${"x".repeat(5_000)}`, "characters"],
  ])("refuses %s with its reason", (_what, text, reason) => {
    expect(LatencySketch.decode(text)).toEqual({ ok: false, error: expect.stringContaining(reason) });
  });

  test("the longest that it writes itself is not refused", () => {
    const text = [scheme, ...Array.from({ length: SKETCH_BUCKETS }, (_, index) => `${index}:${2 ** 32}`)].join(" ");
    expect(decoded(text).encode()).toBe(text);
  });
});
