/** Half a minute ago counts for a twentieth: the same horizon as an endpoint's own latency. */
const DECAY_MS = 10_000;

/** What a service's balancing remembers as a whole, beside what it has learnt of each endpoint. It outlives pickers. */
export class BalancerMemory {
  /** Requests under way at all of its endpoints, those included that have left. */
  inFlight = 0;
  /** What a successful try takes here, as a moving average; NaN until there was one. Where newcomers start from. */
  typicalMs = Number.NaN;
  /** Endpoints that were ejected, ever. */
  ejections = 0;
  #typicalAtMs = 0;

  succeeded(tookMs: number, nowMs: number): void {
    if (Number.isNaN(this.typicalMs)) this.typicalMs = tookMs;
    else this.typicalMs = tookMs + (this.typicalMs - tookMs) * Math.exp((this.#typicalAtMs - nowMs) / DECAY_MS);
    this.#typicalAtMs = nowMs;
  }
}
