// When a request that waits is asked of a second endpoint as well, and who is watched for it.

import type { Clock, Timer } from "@fairlead/shared";
import type { Lease } from "../balancer/index.js";
import type { ActiveCluster } from "../clusters/index.js";
import { hasPassed, mayRetry } from "../resilience/index.js";
import type { ClusterCounters } from "./cluster-counters.js";
import type { Try } from "./engine.js";

/** The try that a hedge races with, as `Try` had it. */
export interface Rival {
  readonly cluster: ActiveCluster;
  readonly lease: Lease;
  readonly triedMs: number;
  readonly reused: boolean;
}

/** When a second try may begin of one that begins now; undefined where none will. Only asked where the route allows hedging. */
export function hedgeDueMs({ counters, affinity, deadlineMs }: Try, nowMs: number): number | undefined {
  const delayMs = affinity === undefined ? counters.tail.p95Ms(nowMs) : undefined;
  return delayMs === undefined || hasPassed(deadlineMs, nowMs + delayMs) ? undefined : nowMs + delayMs;
}

/**
 * Whether a second try is safe and may help: the caller cannot tell it from a retry, no key stays with its endpoint, and nothing says
 * that the service is short of endpoints or of places. Whether it is affordable is the budgets' word.
 * @param cluster as it is now
 */
export function isHedgeable(attempt: Try, { route, candidates, verdictsExpired }: ActiveCluster, nowMs: number): boolean {
  const { method, answered, bodyTaken, tries, affinity, counters, deadlineMs } = attempt;
  if (route.hedgePercent === 0 || affinity !== undefined || hasPassed(deadlineMs, nowMs)) return false;
  if (candidates.mode !== "healthy" || verdictsExpired || counters.queued > 0) return false;
  return mayRetry({ method, sent: true, answered, bodyTaken, tries, retryAttempts: route.retryAttempts });
}

/** A request whose first try waits for its answer. */
export interface Watched {
  readonly dueMs: number;
  /** Its time has come. */
  hedge(): void;
}

/**
 * Requests that may be hedged, each service's in the order in which they began, under one timer. There are at most as many as callers'
 * connections. A service's delay changes slowly, so its order is that of being due but for a little.
 */
export class HedgeWatch {
  readonly #clock: Pick<Clock, "nowMs" | "schedule">;
  readonly #lines = new Map<ClusterCounters, Set<Watched>>();
  #timer: Timer | undefined;
  #timerDueMs = Number.POSITIVE_INFINITY;

  constructor(clock: Pick<Clock, "nowMs" | "schedule">) {
    this.#clock = clock;
  }

  watch(service: ClusterCounters, watched: Watched): void {
    let line = this.#lines.get(service);
    if (line === undefined) {
      line = new Set();
      this.#lines.set(service, line);
    }
    line.add(watched);
    this.#wakeAt(watched.dueMs);
  }

  forget(service: ClusterCounters, watched: Watched): void {
    this.#lines.get(service)?.delete(watched);
  }

  /** Nobody is hedged any more. */
  close(): void {
    this.#timer?.cancel();
    this.#lines.clear();
  }

  #wakeAt(dueMs: number): void {
    if (dueMs >= this.#timerDueMs) return;
    this.#timer?.cancel();
    this.#timerDueMs = dueMs;
    this.#timer = this.#clock.schedule(Math.max(0, dueMs - this.#clock.nowMs()), () => this.#wake());
  }

  #wake(): void {
    this.#timerDueMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.nowMs();
    for (const line of this.#lines.values()) {
      for (const watched of line) {
        if (watched.dueMs > nowMs) {
          this.#wakeAt(watched.dueMs);
          break;
        }
        line.delete(watched);
        watched.hedge();
      }
    }
  }
}
