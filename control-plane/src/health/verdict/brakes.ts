// How much of a fleet doubtful evidence may take out. Answers are never held; what one witness alone saw, complaints and silence, is.

import type { Safety } from "../../config/index.js";

export const BRAKES = ["rate", "at-once", "zone", "fleet", "panic"] as const;
export type Brake = (typeof BRAKES)[number];

export interface Budget {
  /** Removals that may begin within a minute, as a share of the service; two at least. */
  readonly perMinute: number;
  /** Removals that may be in force at once; one at least. */
  readonly atOnce: number;
  /** A removal that has waited this long, and is still wanted, is let through. */
  readonly heldAtMostMs: number;
}

/** Undefined where nothing is held. */
export const BUDGETS: Readonly<Record<Safety, Budget | undefined>> = {
  standard: { perMinute: 0.2, atOnce: 1 / 3, heldAtMostMs: 300_000 },
  cautious: { perMinute: 0.1, atOnce: 0.2, heldAtMostMs: 900_000 },
  off: undefined,
};

/** Below this share in service what two witnesses saw takes nobody out either. Envoy's panic threshold. */
export const PANIC_SHARE = 0.5;
export const RATE_WINDOW_MS = 60_000;
/** A zone of which so many are doubted, and more than `ZONE_FLOOR`, is cut off from whoever doubts, or its checker is. */
const ZONE_SHARE = 0.55;
const ZONE_FLOOR = 2;
/** So many of all endpoints doubted within a minute, and `FLEET_FLOOR` at least, is trouble of ours or of something they share. */
const FLEET_SHARE = 0.2;
const FLEET_FLOOR = 10;

export const BRAKE_SAYS: Readonly<Record<Brake, string>> = {
  rate: "as many of the service left within a minute as may on such evidence",
  "at-once": "as many of the service are out as may be on such evidence",
  zone: "most of its zone is doubted at once, which is a path's or a checker's trouble sooner than theirs",
  fleet: "so many endpoints are doubted at once, of all services, that their checks or what they share is doubted instead",
  panic: "half of the service is out: the rest is kept",
};

export function mayLeaveAtOnce(budget: Budget, members: number): number {
  return Math.max(1, Math.floor(members * budget.atOnce));
}

export function mayLeavePerMinute(budget: Budget, members: number): number {
  return Math.max(2, Math.floor(members * budget.perMinute));
}

/** How many of the service may be out before panic begins. */
export function mayBeOut(members: number): number {
  return Math.max(1, Math.floor(members * PANIC_SHARE));
}

export function isZoneDoubted(doubted: number, members: number): boolean {
  return doubted > ZONE_FLOOR && doubted >= members * ZONE_SHARE;
}

/** The brake on everything: how many endpoints began to be doubted within the last minute. */
export class FleetBrake {
  /** Monotonic times, oldest first. */
  readonly #doubts: number[] = [];
  #sinceMs: number | undefined;

  /** Monotonic time since which it holds; undefined while it does not. */
  get sinceMs(): number | undefined {
    return this.#sinceMs;
  }

  noteDoubt(nowMs: number): void {
    this.#doubts.push(nowMs);
  }

  /** @returns whether it holds now. @param members all endpoints there are */
  look(nowMs: number, members: number): boolean {
    const old = this.#doubts.findIndex((atMs) => atMs > nowMs - RATE_WINDOW_MS);
    this.#doubts.splice(0, old < 0 ? this.#doubts.length : old);
    const holds = this.#doubts.length >= FLEET_FLOOR && this.#doubts.length > members * FLEET_SHARE;
    if (!holds) this.#sinceMs = undefined;
    else this.#sinceMs ??= nowMs;
    return holds;
  }
}
