import type { Safety } from "../config/index.js";

/** How long a removal that is certain but doubtful waits. All clocks of one hold run together from the moment the endpoint went missing. */
export interface DoubtClocks {
  /** A minority leaves a calm source: long enough for a re-registration under a new znode to be no event. */
  readonly debounceMs: number;
  /** Ceiling on how long a disturbed source's own distrust is believed. */
  readonly disturbedMaxMs: number;
  /** Empty, or below half of `SHRINK_FLOOR` or more: what a wiped ZooKeeper or a broken generator looks like. */
  readonly shrinkMs: number;
  /** What an endpoint is reproached for having left fades by half in this time; what flaps is held for at most twice as long. */
  readonly flapHalfLifeMs: number;
}

/** Below this many endpoints, losing half is a deploy; only losing all of them is suspicious. */
export const SHRINK_FLOOR = 5;

/** An endpoint that is listed no more and kept because it is healthy: a day is time to ask why, and an end for what nobody asks about. */
export const RETAIN_MAX_MS = 86_400_000;

const STANDARD: DoubtClocks = {
  debounceMs: 1_000,
  // More than two ZooKeeper session time-outs at the server's default ceiling of 40 s.
  disturbedMaxMs: 90_000,
  shrinkMs: 300_000,
  // A host that restarts needs some 30 s between two departures; what leaves more often than that flaps.
  flapHalfLifeMs: 30_000,
};

/** One preset decides every clock: they keep their proportions. */
export const DOUBT_CLOCKS: Readonly<Record<Safety, DoubtClocks>> = {
  standard: STANDARD,
  // For services whose loss costs more than a dead host in the list: the same shape, three times as patient.
  cautious: times(3),
  off: times(0),
};

function times(factor: number): DoubtClocks {
  const { debounceMs, disturbedMaxMs, shrinkMs, flapHalfLifeMs } = STANDARD;
  return {
    debounceMs: debounceMs * factor,
    disturbedMaxMs: disturbedMaxMs * factor,
    shrinkMs: shrinkMs * factor,
    flapHalfLifeMs: flapHalfLifeMs * factor,
  };
}
