/** Who may call a name. */
export interface Usage extends Coverage {
  /** Wall time since when nobody has reported a request to it; not before this process listens. */
  readonly quietSinceMs: number;
}

/**
 * How many subscriptions cover a name, of clients that do not report what they call. A stream that names it in three types counts three
 * times: what matters is whether it is 0.
 */
export interface Coverage {
  readonly byName: number;
  /** Subscriptions to everything; these say nothing of whether this name is called. */
  readonly byWildcard: number;
}

export interface Subscribed {
  readonly names: readonly string[];
  readonly wildcard: boolean;
}

/** Counts of subscriptions by name, kept up as they change. */
export class NameCounts {
  readonly #counts = new Map<string, number>();
  #wildcards = 0;

  /** One subscription became another. */
  replace(before: Subscribed, after: Subscribed): void {
    for (const name of after.names) this.#add(name, 1);
    for (const name of before.names) this.#add(name, -1);
    this.#wildcards += Number(after.wildcard) - Number(before.wildcard);
  }

  covering(name: string): Coverage {
    return { byName: this.#counts.get(name) ?? 0, byWildcard: this.#wildcards };
  }

  #add(name: string, by: 1 | -1): void {
    const count = (this.#counts.get(name) ?? 0) + by;
    if (count === 0) this.#counts.delete(name);
    else this.#counts.set(name, count);
  }
}
