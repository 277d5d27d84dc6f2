import type { CounterMetric, Metrics } from "@fairlead/shared";
import type { ZooKeeperConnection } from "./connection.js";

export interface ZooKeeperMetrics {
  /** Labels `source`, `limit` (`members` or `services`). */
  readonly limitHits: CounterMetric;
  /** Label `source`. */
  readonly malformedFaults: CounterMetric;
  /** Labels `source`, `state` (`connected`, `disconnected`, `expired`). */
  readonly sessionChanges: CounterMetric;
  /** Labels `source`, `kind` (see `LossKind`). */
  readonly losses: CounterMetric;
  /** Labels `source`, `because` (`time` or `operator`). */
  readonly floorsGivenUp: CounterMetric;
  /** Labels `source`, `trouble` (see `ReadTrouble`). */
  readonly refusedReads: CounterMetric;
  /** Label `source`. */
  readonly disturbances: CounterMetric;
  /** By source; a closed source takes itself out. */
  readonly connections: Map<string, Pick<ZooKeeperConnection, "load">>;
}

/** Once per process; every ZooKeeper source counts into the same series, labelled with its name. */
export function zookeeperMetrics(metrics: Metrics): ZooKeeperMetrics {
  const connections: ZooKeeperMetrics["connections"] = new Map();
  const help = "Reads sent to ZooKeeper and unanswered, and reads that wait because too many are";
  metrics.sampled("gauge", { name: "zookeeper_reads", help, labels: ["source", "state"] }, () =>
    [...connections].flatMap(([source, { load }]) => [
      { labels: { source, state: "outstanding" }, value: load.outstanding },
      { labels: { source, state: "waiting" }, value: load.waiting },
    ]),
  );
  return {
    connections,
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
    losses: metrics.counter({
      name: "zookeeper_connection_losses_total",
      help: "Connections to ZooKeeper that ended or never stood, by what went wrong",
      labels: ["source", "kind"],
    }),
    floorsGivenUp: metrics.counter({
      name: "zookeeper_floors_given_up_total",
      help: "Times that servers behind what was already seen were believed in the end",
      labels: ["source", "because"],
    }),
    refusedReads: metrics.counter({
      name: "zookeeper_refused_reads_total",
      help: "Reads that need somebody to change something: an ACL, the size of a path",
      labels: ["source", "trouble"],
    }),
    disturbances: metrics.counter({
      name: "zookeeper_disturbances_total",
      help: "Times that removals began to wait because the source was disturbed",
      labels: ["source"],
    }),
  };
}
