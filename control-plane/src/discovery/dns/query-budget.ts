// How many queries a second a resolver meets, whatever happens: constant work, on the day all names have expired too.

import type { Clock, Closable, CounterMetric, Metrics, Timer } from "@fairlead/shared";

/** Share of the rate that may go at once; a timer that comes late by less than this share of a second costs nothing. */
const BURST_SHARE = 0.1;
/** Waiting queries are served this often, several at a time: one timer per query would cost more than the query. */
const TICK_MS = 5;
/** Per resolver. Each source has a few hundred questions under way at most. */
const MAX_WAITING = 10_000;

interface Waiting {
  readonly dueMs: number;
  readonly go: (admitted: boolean) => void;
}

interface Lane {
  /** Grows with time to `burst`, shrinks with each query. */
  tokens: number;
  atMs: number;
  /** In order of `dueMs`, oldest first. */
  readonly waiting: Waiting[];
  timer: Timer | undefined;
}

/** One per process: all DNS sources share it. Every exchange, retries and TCP included, takes one token of its resolver. */
export class QueryBudget {
  readonly #clock: Clock;
  readonly #delayed: CounterMetric;
  readonly #refused: CounterMetric;
  readonly #lanes = new Map<string, Lane>();
  readonly #claims = new Set<{ readonly queriesPerSecond: number }>();

  constructor(clock: Clock, metrics: Metrics) {
    this.#clock = clock;
    this.#delayed = metrics.counter({
      name: "dns_queries_delayed_total",
      help: "DNS queries that waited for the budget of their resolver.",
    });
    this.#refused = metrics.counter({
      name: "dns_queries_refused_total",
      help: "DNS queries given up because too many waited for the budget of their resolver.",
    });
    metrics.sampled("gauge", { name: "dns_queries_waiting", help: "DNS queries that wait for the budget of their resolver." }, () => [
      { labels: {}, value: [...this.#lanes.values()].reduce((sum, lane) => sum + lane.waiting.length, 0) },
    ]);
  }

  /** States a source's limit for as long as it runs: the lowest of all sources holds. */
  claim(queriesPerSecond: number): Closable {
    const claim = { queriesPerSecond };
    this.#claims.add(claim);
    return {
      close: () => {
        this.#claims.delete(claim);
        if (this.#claims.size === 0) this.#dropIdleLanes();
      },
    };
  }

  /**
   * Resolves when a query may go to `server`, with false when it may not at all. Of those that wait, the one that was due
   * first goes first.
   */
  admit(server: string, dueMs: number): Promise<boolean> | true {
    if (this.#claims.size === 0) return Promise.resolve(false);
    const lane = this.#lane(server);
    if (lane.waiting.length === 0 && this.#take(lane)) return true;
    if (lane.waiting.length >= MAX_WAITING) {
      this.#refused.add();
      return Promise.resolve(false);
    }
    this.#delayed.add();
    return new Promise((resolve) => {
      insert(lane.waiting, { dueMs, go: resolve });
      this.#serveLater(lane);
    });
  }

  /** Tokens and rate add up to the limit: no second, wherever it begins, has more queries than that. */
  #shape(): { readonly burst: number; readonly perMs: number } {
    const limit = Math.min(...[...this.#claims].map((claim) => claim.queriesPerSecond));
    const burst = Math.max(1, Math.floor(limit * BURST_SHARE));
    return { burst, perMs: (limit - burst) / 1_000 };
  }

  #lane(server: string): Lane {
    const known = this.#lanes.get(server);
    if (known !== undefined) return known;
    const lane: Lane = { tokens: this.#shape().burst, atMs: this.#clock.nowMs(), waiting: [], timer: undefined };
    this.#lanes.set(server, lane);
    return lane;
  }

  #take(lane: Lane): boolean {
    const { burst, perMs } = this.#shape();
    const nowMs = this.#clock.nowMs();
    lane.tokens = Math.min(burst, lane.tokens + (nowMs - lane.atMs) * perMs);
    lane.atMs = nowMs;
    if (lane.tokens < 1) return false;
    lane.tokens -= 1;
    return true;
  }

  #serveLater(lane: Lane): void {
    lane.timer ??= this.#clock.schedule(Math.max(TICK_MS, Math.ceil((1 - lane.tokens) / this.#shape().perMs)), () => {
      lane.timer = undefined;
      while (lane.waiting.length > 0 && this.#take(lane)) lane.waiting.shift()?.go(true);
      if (lane.waiting.length > 0) this.#serveLater(lane);
    });
  }

  /** Nobody asks any more: whoever still waits is let go, and no timer stays. */
  #dropIdleLanes(): void {
    for (const lane of this.#lanes.values()) {
      lane.timer?.cancel();
      for (const { go } of lane.waiting.splice(0)) go(false);
    }
    this.#lanes.clear();
  }
}

/** Nearly always at the end: names come in the order in which they are due. */
function insert(waiting: Waiting[], entry: Waiting): void {
  let at = waiting.length;
  while (at > 0 && (waiting[at - 1]?.dueMs ?? 0) > entry.dueMs) at -= 1;
  waiting.splice(at, 0, entry);
}
