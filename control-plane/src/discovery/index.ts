export type { Completeness, Endpoint, ListingState, Quarantined, Reading, ServiceReading, Source, SourceDetail } from "./source.js";
export type { Connect, ZooKeeperConnection, ZxidFloor, ZxidFloors } from "./zookeeper/index.js";
