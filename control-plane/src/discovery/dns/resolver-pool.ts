// Which resolver is asked first. A pure record of how each of them did; it asks nobody itself.

/** Weight of the newest latency: some ten answers make the picture, one slow answer does not. */
const NEWEST_SHARE = 0.2;
/** One lost datagram is no reason to go elsewhere; two failures in a row are. */
const FAILURES_TO_LEAVE = 2;
/** What each further failure in a row counts for, as latency: any server that answers comes before one that does not. */
const FAILURE_MS = 1_000;
/** A server has to be clearly faster to be preferred: names must not wander between servers that are alike. */
const CLEARLY_FASTER = { share: 1.5, ms: 20 };
/** How often a server that is not preferred is asked something, so that one that is faster, or works again, is noticed. */
const PROBE_MS = 5_000;
/** Afterwards EDNS is tried again: servers are upgraded. */
const WITHOUT_EDNS_MS = 600_000;

interface Record {
  /** Undefined before the first answer. */
  latencyMs: number | undefined;
  /** In a row. */
  failures: number;
  askedAtMs: number;
  withoutEdnsUntilMs: number;
}

/**
 * The preferred one stays while it answers and no other is clearly faster. Until one has answered, the order is that of
 * the configuration.
 */
export class ResolverPool {
  #records = new Map<string, Record>();
  #preferred: string | undefined;
  #disputed: ReadonlySet<string> = new Set();

  /** These are the resolvers from now on; what is known about those that stay is kept. */
  use(resolvers: readonly string[]): void {
    const before = this.#records;
    this.#records = new Map(resolvers.map((server) => [server, before.get(server) ?? blank()]));
    if (this.#preferred !== undefined && !this.#records.has(this.#preferred)) this.#preferred = undefined;
  }

  get resolvers(): readonly string[] {
    return [...this.#records.keys()];
  }

  get preferred(): string | undefined {
    return this.#preferred ?? this.resolvers[0];
  }

  /** Milliseconds, smoothed; undefined before the first answer. */
  latencyMs(server: string): number | undefined {
    return this.#records.get(server)?.latencyMs;
  }

  /** The order in which to ask: the preferred, then by how they did. */
  order(): readonly string[] {
    const [only, second] = this.#records.keys();
    if (only === undefined || second === undefined) return this.resolvers;
    const byScore = [...this.#records].sort(([, one], [, other]) => scoreOf(one) - scoreOf(other)).map(([server]) => server);
    this.#preferred = this.#stillPreferred(byScore[0] ?? only);
    return [this.#preferred, ...byScore.filter((server) => server !== this.#preferred)];
  }

  /** Another one that answers, or is not known to fail. */
  get secondOpinion(): string | undefined {
    return this.order().find((server, rank) => rank > 0 && (this.#records.get(server)?.failures ?? 0) < FAILURES_TO_LEAVE);
  }

  answered(server: string, latencyMs: number, nowMs: number): void {
    const record = this.#records.get(server);
    if (record === undefined) return;
    // After failures the past says nothing about now.
    const fresh = record.latencyMs === undefined || record.failures >= FAILURES_TO_LEAVE;
    record.latencyMs = fresh ? latencyMs : (record.latencyMs ?? 0) * (1 - NEWEST_SHARE) + latencyMs * NEWEST_SHARE;
    record.failures = 0;
    record.askedAtMs = nowMs;
  }

  failed(server: string, nowMs: number): void {
    const record = this.#records.get(server);
    if (record === undefined) return;
    record.failures += 1;
    record.askedAtMs = nowMs;
  }

  /** These answer otherwise than the preferred one: being faster is no reason to believe them instead. */
  dispute(servers: ReadonlySet<string>): void {
    this.#disputed = servers;
  }

  /** Whether none of them answers any more. */
  get isOut(): boolean {
    return this.#records.size > 0 && [...this.#records.values()].every(({ failures }) => failures >= FAILURES_TO_LEAVE);
  }

  /** A server that is not preferred and was not asked for a while, to be asked something now; each is named once per while. */
  toProbe(nowMs: number): string | undefined {
    for (const [server, record] of this.#records) {
      if (server === this.preferred || nowMs - record.askedAtMs < PROBE_MS) continue;
      record.askedAtMs = nowMs;
      return server;
    }
    return undefined;
  }

  refusesEdns(server: string, nowMs: number): void {
    const record = this.#records.get(server);
    if (record !== undefined) record.withoutEdnsUntilMs = nowMs + WITHOUT_EDNS_MS;
  }

  withoutEdns(server: string, nowMs: number): boolean {
    return nowMs < (this.#records.get(server)?.withoutEdnsUntilMs ?? 0);
  }

  #stillPreferred(best: string): string {
    const preferred = this.preferred ?? best;
    const [now, other] = [this.#records.get(preferred), this.#records.get(best)];
    if (now === undefined || other === undefined || preferred === best) return best;
    if (this.#disputed.has(best) && now.failures < FAILURES_TO_LEAVE) return preferred;
    return scoreOf(now) > scoreOf(other) * CLEARLY_FASTER.share + CLEARLY_FASTER.ms ? best : preferred;
  }
}

function blank(): Record {
  return { latencyMs: undefined, failures: 0, askedAtMs: Number.NEGATIVE_INFINITY, withoutEdnsUntilMs: 0 };
}

/** An unknown one ranks behind those that answer and before those that fail. */
function scoreOf({ latencyMs, failures }: Record): number {
  const penaltyMs = Math.max(0, failures - FAILURES_TO_LEAVE + 1) * FAILURE_MS;
  return (latencyMs ?? FAILURE_MS) + penaltyMs;
}
