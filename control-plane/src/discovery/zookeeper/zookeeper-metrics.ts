import type { CounterMetric, Metrics } from "@fairlead/shared";

export interface ZooKeeperMetrics {
  /** Labels `source`, `limit` (`members` or `services`). */
  readonly limitHits: CounterMetric;
  /** Label `source`. */
  readonly malformedFaults: CounterMetric;
  /** Labels `source`, `state` (`connected`, `disconnected`, `expired`). */
  readonly sessionChanges: CounterMetric;
}

/** Once per process; every ZooKeeper source counts into the same series, labelled with its name. */
export function zookeeperMetrics(metrics: Metrics): ZooKeeperMetrics {
  return {
    limitHits: metrics.counter({
      name: "zookeeper_limit_hits_total",
      help: "Readings cut short because a path holds more than is followed",
      labels: ["source", "limit"],
    }),
    malformedFaults: metrics.counter({
      name: "zookeeper_malformed_faults_total",
      help: "Paths whose readings became partial because too many members were malformed",
      labels: ["source"],
    }),
    sessionChanges: metrics.counter({
      name: "zookeeper_session_changes_total",
      help: "Changes of the ZooKeeper session's state",
      labels: ["source", "state"],
    }),
  };
}
