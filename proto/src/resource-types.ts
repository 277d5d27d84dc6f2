import { typeUrl } from "./codec.js";

/** The type URLs of the four resource types we serve. */
export const RESOURCE_TYPES = {
  listener: typeUrl("envoy.config.listener.v3.Listener"),
  routeConfiguration: typeUrl("envoy.config.route.v3.RouteConfiguration"),
  cluster: typeUrl("envoy.config.cluster.v3.Cluster"),
  assignment: typeUrl("envoy.config.endpoint.v3.ClusterLoadAssignment"),
} as const;

export type ResourceTypeUrl = (typeof RESOURCE_TYPES)[keyof typeof RESOURCE_TYPES];
