// When may an endpoint that every source has completely lost leave? A pure function of what is missing and since when.

import type { Safety } from "../config/index.js";
import { DOUBT_CLOCKS, SHRINK_FLOOR } from "./clocks.js";
import type { Hold } from "./registry.js";

export interface Doubt {
  readonly safety: Safety;
  /** Wall time. */
  readonly nowMs: number;
  /** Endpoints that some source still gives, or that no source has certainly lost. */
  readonly staying: number;
  /** Endpoints every one of whose sources has completely lost them, this one included. */
  readonly missing: number;
  /** Wall time until which a source that lost it distrusts itself; 0 when calm. */
  readonly disturbedUntilMs: number;
}

/** Whether losing `missing` of `staying + missing` endpoints is a collapse rather than a change. */
export function collapses(staying: number, missing: number): boolean {
  const before = staying + missing;
  return missing > 0 && (staying === 0 || (before >= SHRINK_FLOOR && staying * 2 < before));
}

/**
 * The hold on one endpoint that went missing at `missingSinceMs` (wall), or undefined when it may leave now. The clocks
 * run together: the longest that applies decides, and each has an end.
 */
export function holdOn(missingSinceMs: number, doubt: Doubt): Hold | undefined {
  const clocks = DOUBT_CLOCKS[doubt.safety];
  const candidates: Hold[] = [
    { kind: "debounce", because: "left its source a moment ago", sinceMs: missingSinceMs, untilMs: missingSinceMs + clocks.debounceMs },
  ];
  if (doubt.disturbedUntilMs > missingSinceMs) {
    candidates.push({
      kind: "disturbed",
      because: "its source was disturbed and may not have everybody back yet",
      sinceMs: missingSinceMs,
      untilMs: Math.min(doubt.disturbedUntilMs, missingSinceMs + clocks.disturbedMaxMs),
    });
  }
  if (collapses(doubt.staying, doubt.missing)) {
    const left = doubt.staying === 0 ? "nobody" : `${doubt.staying} of ${doubt.staying + doubt.missing}`;
    candidates.push({
      kind: "shrink",
      because: `its source would leave ${left} in the service; confirm it if that is meant`,
      sinceMs: missingSinceMs,
      untilMs: missingSinceMs + clocks.shrinkMs,
    });
  }
  const longest = candidates.reduce((best, hold) => (hold.untilMs > best.untilMs ? hold : best));
  return longest.untilMs > doubt.nowMs ? longest : undefined;
}
