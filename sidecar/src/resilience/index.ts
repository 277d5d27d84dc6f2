export { type Asks, askedMs } from "./asked-time.js";
export { deadlineOf, EXPECTED_TIMEOUT, expectedTimeoutMs, hasPassed, stepDeadline } from "./deadline.js";
export { LocalEjection } from "./local-ejection.js";
export { RequestLimits } from "./request-limits.js";
export { RequestQueue } from "./request-queue.js";
export { isIdempotent, mayRetry } from "./retry-rule.js";
export { patienceMs } from "./stranded.js";
export { TailLatency } from "./tail-latency.js";
