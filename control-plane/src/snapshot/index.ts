export { isAwaiting, publishedEndpoint } from "./find-endpoint.js";
export { type KeeperState, SnapshotKeeper } from "./keeper.js";
export { Publisher } from "./publisher.js";
export { readSaved } from "./saved.js";
export type { ServiceChange, ServiceSnapshot, Snapshot, SnapshotEndpoint, SnapshotHealth } from "./snapshot.js";
