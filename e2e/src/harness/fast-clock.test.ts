import { FakeClock } from "@fairlead/shared/testing";
import { expect, test } from "vitest";
import { fastCalendar, fastClock } from "./fast-clock.js";

test("a clock of thirty times the pace is over with a delay in a thirtieth of it", () => {
  const real = new FakeClock();
  const fast = fastClock(real, 30);
  const [nowMs, wallMs] = [fast.nowMs(), fast.wallMs()];
  let rang = false;
  fast.schedule(90_000, () => {
    rang = true;
  });
  real.advance(2_999);
  expect(rang).toBe(false);
  real.advance(1);
  expect(rang).toBe(true);
  expect(fast.nowMs() - nowMs).toBe(90_000);
  expect(fast.wallMs() - wallMs).toBe(90_000);
});

test("a part that keeps real time tells it on the same calendar", () => {
  const real = new FakeClock();
  const calendar = fastCalendar(real, 30);
  const nowMs = calendar.nowMs();
  real.advance(1_000);
  expect(calendar.nowMs() - nowMs).toBe(1_000);
  expect(calendar.wallMs()).toBe(fastClock(real, 30).wallMs());
});
