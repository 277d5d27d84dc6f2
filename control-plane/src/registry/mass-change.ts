// Many endpoints lost at once, across services: each service alone sees a minority leave, the source as a whole looks wiped.
// Then the source counts as disturbed, as if it had said so itself.

import type { ServiceName } from "@fairlead/shared";

export const MASS_CHANGE = {
  windowMs: 10_000,
  /** One service alone is the shrink guard's. */
  services: 2,
  /** Less than this is a deploy of two small services. */
  endpoints: 10,
  /** Of all that the source gave at the window's beginning. Rolling deploys replace a quarter at a time at most. */
  share: 0.3,
  /** Twice the usual ZooKeeper session time-out: whoever is alive has registered again by then. */
  disturbedMs: 60_000,
} as const;

/** Losses noted in one window; more passes of the registry than this within 10 s are one long one. */
const LOSSES_MAX = 1_000;

interface Loss {
  readonly service: ServiceName;
  readonly endpoints: number;
  readonly atMs: number;
}

/** What one source lost lately, and its sums. Times are monotonic. */
export class MassChange {
  readonly #losses: Loss[] = [];
  #endpoints = 0;
  readonly #lossesOf = new Map<ServiceName, number>();

  /**
   * Notes that a service lost endpoints. Returns whether the losses of the last seconds are a mass change.
   * @param left endpoints the source still gives, over all services
   */
  lost(loss: Loss, left: () => number): boolean {
    for (let [oldest] = this.#losses; oldest !== undefined && this.#isOver(oldest, loss.atMs); [oldest] = this.#losses)
      this.#forgetOldest();
    this.#losses.push(loss);
    this.#count(loss, 1);
    if (this.#endpoints < MASS_CHANGE.endpoints || this.#lossesOf.size < MASS_CHANGE.services) return false;
    return this.#endpoints >= MASS_CHANGE.share * (this.#endpoints + left());
  }

  #isOver({ atMs }: Loss, nowMs: number): boolean {
    return nowMs - atMs >= MASS_CHANGE.windowMs || this.#losses.length > LOSSES_MAX;
  }

  #forgetOldest(): void {
    const oldest = this.#losses.shift();
    if (oldest !== undefined) this.#count(oldest, -1);
  }

  #count({ service, endpoints }: Loss, by: 1 | -1): void {
    this.#endpoints += by * endpoints;
    const losses = (this.#lossesOf.get(service) ?? 0) + by;
    if (losses === 0) this.#lossesOf.delete(service);
    else this.#lossesOf.set(service, losses);
  }
}
