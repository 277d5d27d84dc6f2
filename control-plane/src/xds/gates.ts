// Make before break between types (decision D4): what refers to something new waits until the client has that, and what is referred
// to stays until the client has let go of it. Bounded: nobody waits for a client that does not answer.

/** Envoy's own patience with a resource it waits for (initial_fetch_timeout). */
export const GATE_MS = 15_000;

export interface GatesOptions {
  readonly nowMs: () => number;
  /** A gate was opened by its clock: the client has not answered for what it waited for. */
  readonly onExpired: (typeUrl: string) => void;
}

/** The gates of one stream. A closed one remembers since when; one that opens is forgotten. */
export class Gates {
  readonly #options: GatesOptions;
  readonly #closedSinceMs = new Map<string, number>();

  constructor(options: GatesOptions) {
    this.#options = options;
  }

  /** Whether `what` of a type may go now: its condition is met, or has not been for `GATE_MS`. */
  opens(typeUrl: string, what: string, isMet: boolean): boolean {
    const key = `${typeUrl} ${what}`;
    const nowMs = this.#options.nowMs();
    const sinceMs = this.#closedSinceMs.get(key) ?? nowMs;
    const isExpired = !isMet && nowMs - sinceMs >= GATE_MS;
    if (isExpired) this.#options.onExpired(typeUrl);
    if (isMet || isExpired) this.#closedSinceMs.delete(key);
    else this.#closedSinceMs.set(key, sinceMs);
    return isMet || isExpired;
  }

  /** When the next gate opens by its clock; undefined when all are open. */
  get dueMs(): number | undefined {
    return this.#closedSinceMs.size === 0 ? undefined : Math.min(...this.#closedSinceMs.values()) + GATE_MS;
  }

  /** Drops the gates that are due and that nothing asked about: what waited there is not wanted any more. */
  forgetDue(): void {
    const dueMs = this.#options.nowMs() - GATE_MS;
    for (const [key, sinceMs] of this.#closedSinceMs) if (sinceMs <= dueMs) this.#closedSinceMs.delete(key);
  }
}
