import type { Clock } from "@fairlead/shared";

/** Wall time is stretched from here, so that it never goes back from one process to the next. */
const WALL_ORIGIN_MS = Date.UTC(2026, 0, 1);

/** A clock that runs `times` as fast as `clock`: a delay of 30 s is over after 30 s / `times`. */
export function fastClock(clock: Clock, times: number): Clock {
  return {
    nowMs: () => clock.nowMs() * times,
    wallMs: () => fastWallMs(clock, times),
    schedule: (delayMs, task) => clock.schedule(delayMs / times, task),
  };
}

/**
 * The pace of `clock` with the calendar of the fast one: for a part that must keep real time, because somebody else's
 * clock is at its other end, and that tells its neighbours since when.
 */
export function fastCalendar(clock: Clock, times: number): Clock {
  return {
    nowMs: () => clock.nowMs(),
    wallMs: () => fastWallMs(clock, times),
    schedule: (delayMs, task) => clock.schedule(delayMs, task),
  };
}

function fastWallMs(clock: Clock, times: number): number {
  return Math.round(WALL_ORIGIN_MS + (clock.wallMs() - WALL_ORIGIN_MS) * times);
}
