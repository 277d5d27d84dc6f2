import { durationFromMs, structFrom } from "@fairlead/proto";
import { FAIRLEAD_METADATA } from "@fairlead/shared";
import type { ServiceSnapshot } from "../snapshot/index.js";
import type { Resource } from "../xds/index.js";
import type { ClientKind } from "./client-kind.js";
import { encoded } from "./encoded.js";

/** A host in the same network answers within a few ms; 1 s covers one lost SYN. */
const CONNECT_TIMEOUT_MS = 1_000;

/**
 * Type EDS over the same stream. LEAST_REQUEST is for Envoy and our sidecars: C-core and grpc-js refuse it, so gRPC
 * clients get ROUND_ROBIN, the one policy they all take.
 */
export function cluster({ name, settings }: ServiceSnapshot, kind: ClientKind): Resource {
  const leastRequest = settings.lb.policy === "least-request" && kind !== "grpc";
  const ours =
    kind === "grpc"
      ? // gRPC reports its load where the cluster says so; Envoy and our sidecars are told by their own configuration.
        { lrs_server: { self: {} } }
      : {
          circuit_breakers: { thresholds: [{ retry_budget: { budget_percent: { value: settings.retries.budgetPercent } } }] },
          metadata: { filter_metadata: { [FAIRLEAD_METADATA]: structFrom({ protocol: settings.protocol }) } },
        };
  return encoded("envoy.config.cluster.v3.Cluster", name, {
    name,
    type: "EDS",
    eds_cluster_config: { eds_config: { ads: {}, resource_api_version: "V3" } },
    connect_timeout: durationFromMs(CONNECT_TIMEOUT_MS),
    lb_policy: leastRequest ? "LEAST_REQUEST" : "ROUND_ROBIN",
    ...ours,
  });
}
