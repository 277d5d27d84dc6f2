import type { CounterMetric, Metrics } from "@fairlead/shared";
import type { HealthStatus } from "../opinion.js";

export interface CheckMetrics {
  readonly checks: CounterMetric;
  readonly starved: CounterMetric;
}

/** What is read when somebody scrapes. */
export interface CheckGauges {
  countByStatus(): ReadonlyMap<HealthStatus, number>;
  waitingProbes(): number;
}

export function newCheckMetrics(metrics: Metrics, gauges: CheckGauges): CheckMetrics {
  metrics.sampled("gauge", { name: "health_endpoints", help: "Registered endpoints by health status.", labels: ["status"] }, () =>
    [...gauges.countByStatus()].map(([status, value]) => ({ labels: { status }, value })),
  );
  metrics.sampled("gauge", { name: "health_probes_waiting", help: "Probes that are due while all probe slots are taken." }, () => [
    { labels: {}, value: gauges.waitingProbes() },
  ]);
  return {
    checks: metrics.counter({
      name: "health_checks_total",
      help: "Check results: passed, refused, mistaken (somebody else at its address), failed, timeout.",
      labels: ["result"],
    }),
    starved: metrics.counter({
      name: "health_probes_starved_total",
      help: "Probes discarded because this process could not send them or was too late to hear the answer.",
    }),
  };
}
