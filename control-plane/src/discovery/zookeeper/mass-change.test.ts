import { FakeClock } from "@fairlead/shared/testing";
import { expect, test } from "vitest";
import { MassChange } from "./mass-change.js";

test("ten endpoints and a fifth of a source within five seconds are a mass change", () => {
  const clock = new FakeClock();
  const change = new MassChange(clock);
  expect(change.left(6, 50)).toBe(false);
  clock.advance(2_000);
  expect(change.left(4, 44)).toBe(true);
});

test("a small source may lose most of itself, and a large one ten at a time", () => {
  expect(new MassChange(new FakeClock()).left(9, 9)).toBe(false);
  expect(new MassChange(new FakeClock()).left(10, 51)).toBe(false);
});

test("what leaves slowly is no mass change", () => {
  const clock = new FakeClock();
  const change = new MassChange(clock);
  for (let total = 50; total > 0; total--) {
    expect(change.left(1, total)).toBe(false);
    clock.advance(1_000);
  }
});
