import fc from "fast-check";
import { expect, test } from "vitest";
import { decode, durationFromMs, encode, msFromDuration } from "./index.js";

test.each([
  [0, 0, 0],
  [1500, 1, 500_000_000],
  [0.5, 0, 500_000],
  [-1500, -1, -500_000_000],
  [1999.999_999_9, 2, 0],
])("%d ms is %d s and %d ns", (ms, seconds, nanos) => {
  expect(durationFromMs(ms)).toEqual({ seconds, nanos });
});

test("whole milliseconds come back over the wire as they were, negative ones too", () => {
  const name = "google.protobuf.Duration";
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 45), max: 2 ** 45 }), (ms) => {
      expect(msFromDuration(decode(name, encode(name, durationFromMs(ms))))).toBeCloseTo(ms, 6);
    }),
  );
});

test("nanos have the sign of seconds and stay below a second", () => {
  fc.assert(
    fc.property(fc.double({ min: -1e12, max: 1e12, noNaN: true }), (ms) => {
      const { seconds, nanos } = durationFromMs(ms);
      expect(Math.abs(nanos)).toBeLessThan(1e9);
      expect(seconds * nanos).toBeGreaterThanOrEqual(0);
    }),
  );
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])("%d ms is refused", (ms) => {
  expect(() => durationFromMs(ms)).toThrow(RangeError);
});
