// Resources as our control plane sends them, for the tests of this room and of those that read its output.

import {
  type Cluster,
  type ClusterLoadAssignment,
  encode,
  type LbEndpoint,
  RESOURCE_TYPES,
  type RouteConfiguration,
} from "@fairlead/proto";
import type { RawResource } from "../decode.js";

export function clusterMessage(name: string, change: Partial<Cluster> = {}): Cluster {
  return { name, type: "EDS", eds_cluster_config: { eds_config: { ads: {}, resource_api_version: "V3" } }, ...change };
}

export function endpointMessage(address: string, port: number, change: Partial<LbEndpoint> = {}): LbEndpoint {
  return {
    endpoint: { address: { socket_address: { address, port_value: port } } },
    health_status: "HEALTHY",
    load_balancing_weight: { value: 100 },
    ...change,
  };
}

/** One locality, zone `a`. */
export function assignmentMessage(name: string, endpoints: readonly LbEndpoint[]): ClusterLoadAssignment {
  return {
    cluster_name: name,
    endpoints: [{ locality: { zone: "a" }, lb_endpoints: [...endpoints], load_balancing_weight: { value: 1 } }],
  };
}

export function routeMessage(name: string, route: Partial<NonNullable<RouteOfOne["route"]>> = {}): RouteConfiguration {
  return {
    name,
    virtual_hosts: [{ name, domains: ["*"], routes: [{ match: { prefix: "" }, route: { cluster: name, ...route } }] }],
  };
}
type RouteOfOne = NonNullable<NonNullable<NonNullable<RouteConfiguration["virtual_hosts"]>[number]["routes"]>[number]>;

export function clusterResource(message: Cluster, version = "1"): RawResource {
  const value = encode("envoy.config.cluster.v3.Cluster", message);
  return { typeUrl: RESOURCE_TYPES.cluster, name: message.name ?? "", version, value };
}

export function assignmentResource(message: ClusterLoadAssignment, version = "1"): RawResource {
  const value = encode("envoy.config.endpoint.v3.ClusterLoadAssignment", message);
  return { typeUrl: RESOURCE_TYPES.assignment, name: message.cluster_name ?? "", version, value };
}

export function routeResource(message: RouteConfiguration, version = "1"): RawResource {
  const value = encode("envoy.config.route.v3.RouteConfiguration", message);
  return { typeUrl: RESOURCE_TYPES.routeConfiguration, name: message.name ?? "", version, value };
}
