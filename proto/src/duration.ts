import type { Duration__Output } from "./gen/google/protobuf/Duration.js";

const MS_PER_SECOND = 1000;
const NANOS_PER_MS = 1_000_000;
const NANOS_PER_SECOND = 1_000_000_000;

/** Milliseconds, fractions and negative ones included, as a google.protobuf.Duration; exact to the nanosecond. Throws RangeError unless finite. */
export function durationFromMs(ms: number): { seconds: number; nanos: number } {
  if (!Number.isFinite(ms)) throw new RangeError(`${ms} ms is not a duration`);
  const seconds = Math.trunc(ms / MS_PER_SECOND);
  const nanos = Math.round((ms - seconds * MS_PER_SECOND) * NANOS_PER_MS);
  // Rounding may reach a whole second; `+ 0` turns -0 into 0.
  if (Math.abs(nanos) === NANOS_PER_SECOND) return { seconds: seconds + Math.sign(nanos), nanos: 0 };
  return { seconds: seconds + 0, nanos: nanos + 0 };
}

/** A decoded google.protobuf.Duration in milliseconds. */
export function msFromDuration(duration: Duration__Output): number {
  return duration.seconds * MS_PER_SECOND + duration.nanos / NANOS_PER_MS;
}
