// Deadlines are monotonic instants in milliseconds; without a timeout there is none: Infinity.

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
