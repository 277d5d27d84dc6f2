// What one client asks for of one type on one stream.

/** What a request changed. */
export interface SubscriptionChange {
  /** Names the client wants told of again: new ones, and in delta those it repeats (xDS rules R14, R21). */
  readonly named: readonly string[];
  /** Of `named`, those it was subscribed to all along as far as we could honour its requests: it may have dropped what it had, or not. */
  readonly lapsed: readonly string[];
  /** Names it asks for no longer. */
  readonly dropped: readonly string[];
  /** `started`: asks for everything now. `repeated`: asked for everything before and says so again. */
  readonly wildcard: "same" | "started" | "repeated" | "ended";
}

const WILDCARD = "*";
const NO_CHANGE: SubscriptionChange = { named: [], lapsed: [], dropped: [], wildcard: "same" };

/**
 * The wildcard is `legacy` while no request of this stream has named anything: then an empty list means everything. Once a name was
 * given, "*" included, an empty list means nothing and only "*" means everything (xDS rules R17, R18).
 */
type Wildcard = "none" | "legacy" | "explicit";

export class Subscription {
  readonly names: ReadonlySet<string>;
  readonly #names = new Set<string>();
  readonly #allowsWildcard: boolean;
  /** Names a SotW client was seen without in a request that could not be honoured: if it names them now, it asks anew. */
  #lapsed: Set<string> | undefined;
  #wildcardLapsed = false;
  #wildcard: Wildcard = "none";
  #requests = 0;
  #everNamed = false;

  constructor(allowsWildcard: boolean) {
    this.#allowsWildcard = allowsWildcard;
    this.names = this.#names;
  }

  get wildcard(): boolean {
    return this.#wildcard !== "none";
  }

  get isEmpty(): boolean {
    return !this.wildcard && this.#names.size === 0;
  }

  covers(name: string): boolean {
    return this.wildcard || this.#names.has(name);
  }

  /** SotW: `listed` is all the client wants from now on. */
  replace(listed: readonly string[]): SubscriptionChange {
    this.#requests += 1;
    if (listed.length > 0) this.#everNamed = true;
    const wanted = new Set(listed);
    const before = this.#wildcard;
    this.#wildcard = this.#wildcardOf(wanted);
    if (this.#allowsWildcard) wanted.delete(WILDCARD);
    const named = [...wanted].filter((name) => !this.#names.has(name) || this.#lapsed?.has(name));
    const dropped = wanted.size === this.#names.size && named.length === 0 ? [] : [...this.#names].filter((name) => !wanted.has(name));
    const lapsed = named.filter((name) => this.#lapsed?.has(name));
    const wildcard = this.#wildcardLapsed && before !== "none" && this.wildcard ? "repeated" : wildcardChange(before, this.#wildcard);
    this.#lapsed = undefined;
    this.#wildcardLapsed = false;
    for (const name of dropped) this.#names.delete(name);
    for (const name of named) this.#names.add(name);
    return changeOf({ named, lapsed, dropped, wildcard });
  }

  /**
   * SotW: a request that answers an outdated response is ignored (xDS rule R9), but it proves that the client did not want what it
   * leaves out, and has dropped what it had of it.
   */
  noteOutdated(listed: readonly string[]): void {
    if (listed.length > 0) this.#everNamed = true;
    const wanted = new Set(listed);
    if (this.wildcard && this.#wildcardOf(wanted) === "none") this.#wildcardLapsed = true;
    this.#lapsed = new Set([...(this.#lapsed ?? []), ...[...this.#names].filter((name) => !wanted.has(name))]);
  }

  #wildcardOf(wanted: ReadonlySet<string>): Wildcard {
    if (!this.#allowsWildcard) return "none";
    if (wanted.has(WILDCARD)) return "explicit";
    return this.#everNamed ? "none" : "legacy";
  }

  /** Delta: a change. Dropping what was never subscribed changes nothing (xDS rule R22). */
  adjust(subscribe: readonly string[], unsubscribe: readonly string[]): SubscriptionChange {
    const before = this.#wildcard;
    if (this.#requests === 0 && subscribe.length === 0 && this.#allowsWildcard) this.#wildcard = "legacy";
    this.#requests += 1;
    if (subscribe.length === 0 && unsubscribe.length === 0)
      return changeOf({ ...NO_CHANGE, wildcard: wildcardChange(before, this.#wildcard) });
    const dropped = unsubscribe.filter((name) => this.#names.delete(name));
    if (this.#allowsWildcard && unsubscribe.includes(WILDCARD)) this.#wildcard = "none";
    const starred = this.#allowsWildcard && subscribe.includes(WILDCARD);
    if (starred) this.#wildcard = "explicit";
    const named = [...new Set(subscribe)].filter((name) => !(starred && name === WILDCARD));
    for (const name of named) this.#names.add(name);
    const wildcard = starred && before === "explicit" ? "repeated" : wildcardChange(before, this.#wildcard);
    return changeOf({ named, lapsed: [], dropped, wildcard });
  }
}

function wildcardChange(before: Wildcard, after: Wildcard): SubscriptionChange["wildcard"] {
  if ((before === "none") === (after === "none")) return "same";
  return before === "none" ? "started" : "ended";
}

function changeOf(change: SubscriptionChange): SubscriptionChange {
  return change.named.length === 0 && change.dropped.length === 0 && change.wildcard === "same" ? NO_CHANGE : change;
}
