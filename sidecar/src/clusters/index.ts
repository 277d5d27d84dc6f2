export { type ActiveCluster, isAnotherInstance, type NewPicker } from "./active-cluster.js";
export type { Candidates } from "./candidates.js";
export { Clusters, type ClusterTable } from "./clusters.js";
export { type VerdictAge, verdictAge } from "./verdict-age.js";
