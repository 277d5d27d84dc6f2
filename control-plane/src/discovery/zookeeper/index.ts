export type { Connect } from "./connection.js";
export { type ZooKeeperMetrics, zookeeperMetrics } from "./zookeeper-metrics.js";
export { type ZooKeeperSourceDeps, zookeeperSource } from "./zookeeper-source.js";
export { loadZxidFloors, type ZxidFloors } from "./zxid-floors.js";
