export type { Connect, ZooKeeperConnection } from "./connection.js";
export { type ZooKeeperMetrics, zookeeperMetrics } from "./zookeeper-metrics.js";
export { type ZooKeeperSourceDeps, zookeeperSource } from "./zookeeper-source.js";
export { loadZxidFloors, type ZxidFloor, type ZxidFloors } from "./zxid-floors.js";
