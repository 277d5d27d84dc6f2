import { RetryBudget } from "./retry-budget.js";

/** Small traffic can retry too: with 4 requests in flight 20 % is none. Envoy's retry_budget has the same floor; the window bounds it. */
const MIN_CONCURRENT_RETRIES = 3;

/**
 * What is under way to one cluster, and what may be added: the circuit breaker (requests in flight) and the retry budget
 * (a share of them, and of those of the last ten seconds), so that retries never multiply a failing cluster's load by more than
 * 1 + budget. What was never sent is no load and needs no budget. Lives as long as the sidecar knows the cluster; the limits come with
 * each call because they are the cluster's configuration and change.
 */
export class RequestLimits {
  /** Requests in flight, each counted once however many tries it takes. */
  inFlight = 0;
  /** Of these, how many are in a try beyond their first because one failed that was sent. */
  retrying = 0;
  readonly #budget = new RetryBudget();

  /** Takes a place for a request; false when `maxRequests` are under way. */
  enter(maxRequests: number): boolean {
    if (this.inFlight >= maxRequests) return false;
    this.inFlight++;
    return true;
  }

  leave(): void {
    this.inFlight--;
  }

  /** A request goes to an endpoint. */
  began(nowMs: number): void {
    this.#budget.requested(nowMs);
  }

  /** Whether a retry would get a place. @param holdsPlace its request is in a try beyond the first already */
  hasRoomForRetry(budgetPercent: number, nowMs: number, holdsPlace: boolean): boolean {
    const most = Math.max(MIN_CONCURRENT_RETRIES, (this.inFlight * budgetPercent) / 100);
    return (holdsPlace || this.retrying < most) && this.#budget.hasRoom(budgetPercent, nowMs);
  }

  /** Takes it. */
  enterRetry(nowMs: number, holdsPlace: boolean): void {
    this.#budget.retried(nowMs);
    if (!holdsPlace) this.retrying++;
  }

  /** A hedge is a retry that did not wait for the failure, and is a share of the last seconds' requests besides. */
  hasRoomForHedge(percents: { readonly hedge: number; readonly retry: number }, nowMs: number, holdsPlace: boolean): boolean {
    return this.#budget.hasRoomForHedge(percents.hedge, nowMs) && this.hasRoomForRetry(percents.retry, nowMs, holdsPlace);
  }

  /** Takes it. */
  enterHedge(nowMs: number, holdsPlace: boolean): void {
    this.#budget.hedged(nowMs);
    this.enterRetry(nowMs, holdsPlace);
  }

  leaveRetry(): void {
    this.retrying--;
  }
}
