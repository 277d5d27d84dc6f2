import type { CounterMetric, Metrics, Sample } from "@fairlead/shared";
import type { ResolverPool } from "./resolver-pool.js";

export const NAME_STATES = ["pending", "fresh", "doubted", "failing", "too-old"] as const;
export type NameStateWord = (typeof NAME_STATES)[number];

/** What a running source lets be looked at when somebody asks. */
export interface Observed {
  readonly pool: ResolverPool;
  readonly states: () => Iterable<NameStateWord>;
}

/** Made once per process: several DNS sources, and those a reload makes, count into the same series. */
export interface DnsMetrics {
  readonly lookups: CounterMetric;
  readonly late: CounterMetric;
  readonly queries: CounterMetric;
  readonly truncations: CounterMetric;
  readonly targetsRefused: CounterMetric;
  /** Running sources by name. */
  readonly running: Map<string, Observed>;
}

export function newDnsMetrics(metrics: Metrics): DnsMetrics {
  const running = new Map<string, Observed>();
  sampleResolvers(metrics, running);
  metrics.sampled(
    "gauge",
    {
      name: "dns_names",
      help: "Questions by state: pending, fresh, doubted, failing, too-old (failing beyond maxStale).",
      labels: ["source", "state"],
    },
    () => [...running].flatMap(([source, { states }]) => countStates(source, states())),
  );
  return {
    running,
    lookups: metrics.counter({
      name: "dns_lookups_total",
      help: "DNS lookups by how they ended: records, partial, no-data, no-name, failure.",
      labels: ["source", "outcome"],
    }),
    late: metrics.counter({
      name: "dns_lookups_late_total",
      help: "Answers that came after the one before had expired, failures aside.",
      labels: ["source"],
    }),
    queries: metrics.counter({ name: "dns_queries_total", help: "DNS queries sent, retries included.", labels: ["source", "protocol"] }),
    truncations: metrics.counter({
      name: "dns_truncations_total",
      help: "Answers cut short: said (over TCP, or over UDP where TCP failed), or silently (TCP had more than UDP).",
      labels: ["source", "kind"],
    }),
    targetsRefused: metrics.counter({
      name: "dns_targets_refused_total",
      help: "SRV targets not looked up because the source has too many names.",
      labels: ["source"],
    }),
  };
}

function sampleResolvers(metrics: Metrics, running: ReadonlyMap<string, Observed>): void {
  const each = (figureOf: (pool: ResolverPool, resolver: string) => number | undefined) => (): readonly Sample[] =>
    [...running].flatMap(([source, { pool }]) =>
      pool.resolvers.flatMap((resolver) => {
        const value = figureOf(pool, resolver);
        return value === undefined ? [] : [{ labels: { source, resolver }, value }];
      }),
    );
  const labels = ["source", "resolver"];
  metrics.sampled(
    "gauge",
    { name: "dns_resolver_preferred", help: "1 for the resolver that is asked first.", labels },
    each((pool, resolver) => Number(pool.preferred === resolver)),
  );
  metrics.sampled(
    "gauge",
    { name: "dns_resolver_latency_seconds", help: "Smoothed time a resolver takes to answer.", labels },
    each((pool, resolver) => {
      const latencyMs = pool.latencyMs(resolver);
      return latencyMs === undefined ? undefined : latencyMs / 1_000;
    }),
  );
}

function countStates(source: string, states: Iterable<NameStateWord>): readonly Sample[] {
  const counts = new Map<NameStateWord, number>(NAME_STATES.map((state) => [state, 0]));
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, value]) => ({ labels: { source, state }, value }));
}
