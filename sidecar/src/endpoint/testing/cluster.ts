import type { Assignment, ClusterConfig, UpstreamEndpoint } from "../model.js";
import { pickingBy } from "./picking.js";

/** A cluster `shop` of the usual settings. */
export function clusterConfig(change: Partial<ClusterConfig> = {}): ClusterConfig {
  return {
    name: "shop",
    version: "1",
    protocol: "http1",
    picking: pickingBy("round-robin"),
    slowStart: undefined,
    weighsLocalities: false,
    connectTimeoutMs: 1_000,
    retryBudgetPercent: 20,
    maxRequests: 1_024,
    panicPercent: 50,
    ...change,
  };
}

export function assignmentOf(endpoints: readonly UpstreamEndpoint[], change: Partial<Assignment> = {}): Assignment {
  return { name: "shop", version: "1", endpoints, overprovisioningPercent: 140, countsWeights: false, confirmed: false, ...change };
}
