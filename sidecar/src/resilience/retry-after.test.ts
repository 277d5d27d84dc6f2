import { expect, test } from "vitest";
import { retryAfterMs } from "./retry-after.js";

test.each([
  [503, "2", 2_000],
  [429, "120", 120_000],
  [503, "0", 0],
  [503, undefined, 0],
  [301, "2", 0],
  [500, "2", 0],
  [503, "Wed, 21 Oct 2026 07:28:00 GMT", 0],
  [503, "-1", 0],
  [503, "1e3", 0],
  [503, "99999999999", 0],
] as const)("%i with Retry-After %s asks for %i ms", (status, value, expected) => {
  expect(retryAfterMs(status, value)).toBe(expected);
});
