import { durationMs } from "../model.js";
import type { Cursor } from "./cursor.js";

const UNITS = [
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

/** `500ms`, `5s`, `2m`, `1h`: the largest unit that says it in a whole number. */
export function durationText(ms: number): string {
  for (const [unit, unitMs] of UNITS) if (ms >= unitMs && ms % unitMs === 0) return `${ms / unitMs}${unit}`;
  return `${ms}ms`;
}

/** Milliseconds of a duration that must lie in a range, both ends included; refused at the cursor if not. */
export function durationIn(cursor: Cursor, text: string, { minMs, maxMs }: { readonly minMs: number; readonly maxMs: number }): number {
  const ms = durationMs(text);
  if (ms < minMs || ms > maxMs) cursor.refuse(`expected a duration from ${durationText(minMs)} to ${durationText(maxMs)}, got "${text}"`);
  return ms;
}
