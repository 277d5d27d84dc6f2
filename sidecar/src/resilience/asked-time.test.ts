import { expect, test } from "vitest";
import { askedMs } from "./asked-time.js";

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
  expect(askedMs(status, { retryAfter: value })).toBe(expected);
});

test("who says that it fails its checks asks for half a minute, whatever the answer", () => {
  expect([200, 503].map((status) => askedMs(status, { failsChecks: true, retryAfter: "1" }))).toEqual([30_000, 30_000]);
});
