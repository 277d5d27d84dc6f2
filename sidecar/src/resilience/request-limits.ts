/** Small traffic can retry too: with 4 requests in flight 20 % is none. Envoy's retry_budget has the same floor. */
const MIN_CONCURRENT_RETRIES = 3;

/**
 * What is under way to one cluster, and what may be added: the circuit breaker (requests in flight) and the retry budget
 * (a share of them). Lives as long as the sidecar knows the cluster; the limits come with each call because they are the
 * cluster's configuration and change.
 */
export class RequestLimits {
  /** Requests in flight, each counted once however many tries it takes. */
  inFlight = 0;
  /** Of these, how many are in a try beyond their first. */
  retrying = 0;

  /** Takes a place for a request; false when `maxRequests` are under way. */
  enter(maxRequests: number): boolean {
    if (this.inFlight >= maxRequests) return false;
    this.inFlight++;
    return true;
  }

  leave(): void {
    this.inFlight--;
  }

  /** Whether a retry would get a place. */
  hasRoomForRetry(budgetPercent: number): boolean {
    return this.retrying < Math.max(MIN_CONCURRENT_RETRIES, (this.inFlight * budgetPercent) / 100);
  }

  /** Takes a place for a retry, so that retries never multiply a failing cluster's load by more than 1 + budget. */
  enterRetry(budgetPercent: number): boolean {
    if (!this.hasRoomForRetry(budgetPercent)) return false;
    this.retrying++;
    return true;
  }

  leaveRetry(): void {
    this.retrying--;
  }
}
