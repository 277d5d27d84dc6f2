// When may an endpoint that every source has completely lost leave? A pure function of what is missing and since when.

import type { Safety } from "../config/index.js";
import { DOUBT_CLOCKS, RETAIN_MAX_MS, SHRINK_FLOOR } from "./clocks.js";
import type { Hold } from "./registry.js";

export interface Doubt {
  readonly safety: Safety;
  /** Wall time. */
  readonly nowMs: number;
  /** Endpoints that some source still gives, or that no source has certainly lost. */
  readonly staying: number;
  /** Endpoints every one of whose sources has completely lost them, this one included. */
  readonly missing: number;
  /** Wall time since when they say so without a break: a source that lost sight meanwhile is doubted anew. */
  readonly certainSinceMs: number;
  /** Wall time until which a source that lost it distrusts itself; 0 when calm. */
  readonly disturbedUntilMs: number;
  /** Wall time until which the service recovers from a collapse; 0 when it does not. */
  readonly recoveringUntilMs: number;
  /** How long its coming and going alone holds it; 0 when it does not flap. */
  readonly dampedForMs: number;
  /** The service keeps who is healthy although listed no more, and this one is healthy. */
  readonly retained: boolean;
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
  let longest: Hold | undefined;
  const consider = (kind: Hold["kind"], untilMs: number, because: string) => {
    if (untilMs > doubt.nowMs && untilMs > (longest?.untilMs ?? 0)) longest = { kind, because, sinceMs: missingSinceMs, untilMs };
  };
  consider("debounce", missingSinceMs + clocks.debounceMs, "left its source a moment ago");
  if (doubt.disturbedUntilMs > doubt.certainSinceMs) {
    const untilMs = Math.min(doubt.disturbedUntilMs, doubt.certainSinceMs + clocks.disturbedMaxMs);
    consider("disturbed", untilMs, "its source was disturbed and may not have everybody back yet");
  }
  if (doubt.recoveringUntilMs > missingSinceMs) {
    const untilMs = Math.min(doubt.recoveringUntilMs, missingSinceMs + clocks.shrinkMs);
    consider("disturbed", untilMs, "most of its service was gone a moment ago and is coming back");
  }
  const flapMs = Math.min(doubt.dampedForMs, 2 * clocks.flapHalfLifeMs);
  if (flapMs > 0) consider("flap", missingSinceMs + flapMs, "it comes and goes; it leaves once it stays away");
  if (collapses(doubt.staying, doubt.missing)) {
    const left = doubt.staying === 0 ? "nobody" : `${doubt.staying} of ${doubt.staying + doubt.missing}`;
    consider("shrink", missingSinceMs + clocks.shrinkMs, `its source would leave ${left} in the service; confirm it if that is meant`);
  }
  if (doubt.retained)
    consider(
      "retained",
      missingSinceMs + RETAIN_MAX_MS,
      "no source lists it, and it is kept while it is healthy (unlisted: keep-while-healthy)",
    );
  return longest;
}
