import { performance } from "node:perf_hooks";
import type { Clock } from "../clock.js";

/** setTimeout fires at once beyond 2^31-1 ms. */
const MAX_DELAY_MS = 2_147_483_647;

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  schedule(delayMs, task) {
    const timer = setTimeout(task, Math.min(Math.max(0, delayMs), MAX_DELAY_MS));
    return { cancel: () => clearTimeout(timer) };
  },
};
