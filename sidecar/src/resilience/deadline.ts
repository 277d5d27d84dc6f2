// Deadlines are monotonic instants in milliseconds; without a timeout there is none: Infinity.

/** In milliseconds, how long a caller waits for the answer: Envoy's router tells its upstream so, and so do we. */
export const EXPECTED_TIMEOUT = "X-Envoy-Expected-Rq-Timeout-Ms";

/** What such a field says; Infinity where it says nothing that can be meant. */
export function expectedTimeoutMs(value: string): number {
  const ms = /^[0-9]{1,10}$/.test(value) ? Number(value) : 0;
  return ms > 0 ? ms : Number.POSITIVE_INFINITY;
}

/** When a request that began at `beganMs` must have been answered. A timeout of 0 means none, as in RouteAction.timeout. */
export function deadlineOf(beganMs: number, timeoutMs: number): number {
  return timeoutMs > 0 ? beganMs + timeoutMs : Number.POSITIVE_INFINITY;
}

/** The earlier of the request's deadline and this step's own limit. */
export function stepDeadline(deadlineMs: number, nowMs: number, stepMs: number): number {
  return Math.min(deadlineMs, nowMs + stepMs);
}

export function hasPassed(deadlineMs: number, nowMs: number): boolean {
  return nowMs >= deadlineMs;
}
