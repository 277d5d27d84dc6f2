import type { Safety } from "../config/index.js";

/** How long a removal that is certain but doubtful waits. All clocks of one hold run together from the moment the endpoint went missing. */
export interface DoubtClocks {
  /** A minority leaves a calm source: long enough for a re-registration under a new znode to be no event. */
  readonly debounceMs: number;
  /** Ceiling on how long a disturbed source's own distrust is believed. */
  readonly disturbedMaxMs: number;
  /** Empty, or below half of `SHRINK_FLOOR` or more: what a wiped ZooKeeper or a broken generator looks like. */
  readonly shrinkMs: number;
}

/** Below this many endpoints, losing half is a deploy; only losing all of them is suspicious. */
export const SHRINK_FLOOR = 5;

export const DOUBT_CLOCKS: Readonly<Record<Safety, DoubtClocks>> = {
  // 90 s is more than two ZooKeeper session time-outs at the server's default ceiling of 40 s.
  standard: { debounceMs: 1_000, disturbedMaxMs: 90_000, shrinkMs: 300_000 },
  // For services whose loss costs more than a dead host in the list: the same shape, three times as patient.
  cautious: { debounceMs: 3_000, disturbedMaxMs: 270_000, shrinkMs: 900_000 },
  off: { debounceMs: 0, disturbedMaxMs: 0, shrinkMs: 0 },
};
