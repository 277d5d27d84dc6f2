import type { Clock, Timer } from "@fairlead/shared";

/** As long as a control plane itself keeps a service that nobody calls any more. */
export const WITHDRAWN_KEPT_MS = 600_000;

export interface WithdrawalsOptions {
  readonly clock: Clock;
  /** Requests to a service so far. */
  readonly requestsTo: (service: string) => number;
  readonly onOver: (service: string) => void;
}

/**
 * How long a service outlives its removal: until ten minutes pass without a request to it. An operator ends it sooner by
 * giving the service an empty set at the control plane, or by taking it out of this sidecar's upstreams.
 */
export class Withdrawals {
  readonly #options: WithdrawalsOptions;
  /** One per removed service; bounded by the subscription. */
  readonly #looks = new Map<string, Timer>();

  constructor(options: WithdrawalsOptions) {
    this.#options = options;
  }

  begin(service: string): void {
    if (!this.#looks.has(service)) this.#lookLater(service);
  }

  /** The service is back. */
  end(service: string): void {
    this.#looks.get(service)?.cancel();
    this.#looks.delete(service);
  }

  close(): void {
    for (const timer of this.#looks.values()) timer.cancel();
    this.#looks.clear();
  }

  #lookLater(service: string): void {
    const { clock, requestsTo, onOver } = this.#options;
    const before = requestsTo(service);
    const look = clock.schedule(WITHDRAWN_KEPT_MS, () => {
      this.#looks.delete(service);
      if (requestsTo(service) === before) onOver(service);
      else this.#lookLater(service);
    });
    this.#looks.set(service, look);
  }
}
