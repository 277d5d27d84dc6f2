import fc from "fast-check";
import { expect, test } from "vitest";
import { DOUBT_CLOCKS } from "./clocks.js";
import { collapses, holdOn } from "./hold.js";

const NOW = 1_000_000;
const calm = {
  safety: "standard",
  nowMs: NOW,
  staying: 9,
  missing: 1,
  certainSinceMs: NOW,
  disturbedUntilMs: 0,
  recoveringUntilMs: 0,
  dampedForMs: 0,
  retained: false,
} as const;

test("the clocks of one hold run together: the longest decides, from the same moment", () => {
  const hold = holdOn(NOW, { ...calm, staying: 0, missing: 10, disturbedUntilMs: NOW + 60_000 });
  expect(hold).toMatchObject({ kind: "shrink", sinceMs: NOW, untilMs: NOW + 300_000 });
});

test("losing the only endpoint is a collapse; losing one of two is a deploy", () => {
  expect(collapses(0, 1)).toBe(true);
  expect(collapses(1, 1)).toBe(false);
  expect(collapses(2, 3)).toBe(true);
  expect(collapses(5, 0)).toBe(false);
});

test("every hold ends by itself, within the longest clock of its preset", () => {
  fc.assert(
    fc.property(
      fc.nat(50),
      fc.integer({ min: 1, max: 50 }),
      fc.nat(10_000_000),
      fc.constantFrom("standard", "cautious", "off"),
      (staying, missing, disturbed, safety) => {
        const { debounceMs, disturbedMaxMs, shrinkMs } = DOUBT_CLOCKS[safety];
        const end = NOW + Math.max(debounceMs, disturbedMaxMs, shrinkMs);
        expect(
          holdOn(NOW, { ...calm, safety, nowMs: end, staying, missing, disturbedUntilMs: NOW + disturbed, dampedForMs: disturbed }),
        ).toBeUndefined();
      },
    ),
  );
});
