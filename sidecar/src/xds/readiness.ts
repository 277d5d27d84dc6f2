import { RESOURCE_TYPES } from "@fairlead/proto";
import type { HeldResource, Origin } from "./held-resources.js";

/** Whether a service can be called, and since when what it is called by is in force. */
export type UpstreamReadiness =
  | { readonly service: string; readonly kind: "ready"; readonly cluster: Origin; readonly assignment: Origin }
  | { readonly service: string; readonly kind: "waiting"; readonly missing: readonly ("cluster" | "assignment")[] };

/** Readiness of each upstream, in their order. A route is not waited for: without one, defaults serve. */
export function readinessOf(upstreams: readonly string[], held: readonly HeldResource[]): readonly UpstreamReadiness[] {
  const origins = new Map(held.map((resource) => [`${resource.typeUrl} ${resource.name}`, resource.origin]));
  return upstreams.map((service) => {
    const cluster = origins.get(`${RESOURCE_TYPES.cluster} ${service}`);
    const assignment = origins.get(`${RESOURCE_TYPES.assignment} ${service}`);
    if (cluster !== undefined && assignment !== undefined) return { service, kind: "ready", cluster, assignment };
    return {
      service,
      kind: "waiting",
      missing: [...(cluster === undefined ? (["cluster"] as const) : []), ...(assignment === undefined ? (["assignment"] as const) : [])],
    };
  });
}
