import { expect, test } from "vitest";
import { deadlineOf, expectedTimeoutMs, hasPassed, stepDeadline } from "./deadline.js";

test("a deadline has passed at its own instant, and without a timeout never", () => {
  expect(hasPassed(deadlineOf(100, 50), 149)).toBe(false);
  expect(hasPassed(deadlineOf(100, 50), 150)).toBe(true);
  expect(hasPassed(deadlineOf(100, 0), Number.MAX_SAFE_INTEGER)).toBe(false);
});

test("a step ends at its own limit or at the request's deadline, whichever is first", () => {
  expect(stepDeadline(deadlineOf(0, 1_000), 100, 500)).toBe(600);
  expect(stepDeadline(deadlineOf(0, 1_000), 800, 500)).toBe(1_000);
  expect(stepDeadline(deadlineOf(0, 0), 800, 500)).toBe(1_300);
});

test.each([
  ["1", 1],
  ["15000", 15_000],
  ["0", Number.POSITIVE_INFINITY],
  ["", Number.POSITIVE_INFINITY],
  ["-1", Number.POSITIVE_INFINITY],
  ["1.5", Number.POSITIVE_INFINITY],
  ["1s", Number.POSITIVE_INFINITY],
  ["99999999999", Number.POSITIVE_INFINITY],
])("a caller that says it waits %j milliseconds waits %d", (value, ms) => {
  expect(expectedTimeoutMs(value)).toBe(ms);
});
