// ClusterLoadAssignments. Every kind of client honours different means, so weight, drain and health are said to each in its own.

import { type Messages, structFrom } from "@fairlead/proto";
import { FAIRLEAD_METADATA } from "@fairlead/shared";
import type { ServiceSnapshot, SnapshotEndpoint, SnapshotHealth } from "../snapshot/index.js";
import type { Resource } from "../xds/index.js";
import type { ClientKind } from "./client-kind.js";
import { encoded, withMetadata } from "./encoded.js";
import { grpcLocalities } from "./grpc-localities.js";
import { priorityGroups } from "./priority-groups.js";

const ASSIGNMENT = "envoy.config.endpoint.v3.ClusterLoadAssignment";
type AssignmentInput = Messages[typeof ASSIGNMENT]["input"];
type LocalityInput = NonNullable<AssignmentInput["endpoints"]>[number];
type EndpointInput = NonNullable<LocalityInput["lb_endpoints"]>[number];

export function assignment(service: ServiceSnapshot, kind: ClientKind): Resource {
  const endpoints = kind === "grpc" ? grpcEndpoints(service.endpoints) : localities(service.endpoints);
  const resource = encoded(ASSIGNMENT, service.name, { cluster_name: service.name, endpoints });
  if (service.confirmed === undefined) return resource;
  const { sinceMs, because } = service.confirmed;
  return withMetadata(resource, { [FAIRLEAD_METADATA]: { confirmed: { since_ms: sinceMs, because } } });
}

const HEALTH = { healthy: "HEALTHY", unhealthy: "UNHEALTHY", draining: "DRAINING" } as const satisfies Record<SnapshotHealth, string>;

/** One locality per priority and zone, with health, endpoint weights and our metadata: Envoy and our sidecars honour them. */
function localities(endpoints: readonly SnapshotEndpoint[]): LocalityInput[] {
  return priorityGroups(endpoints).flatMap(({ priority, members }) => zones(members, priority));
}

function zones(endpoints: readonly SnapshotEndpoint[], priority: number): LocalityInput[] {
  const byZone = new Map<string, SnapshotEndpoint[]>();
  for (const member of endpoints) {
    const members = byZone.get(member.endpoint.zone);
    if (members === undefined) byZone.set(member.endpoint.zone, [member]);
    else members.push(member);
  }
  return [...byZone].sort(byKey).map(([zone, members]) => ({
    locality: { zone },
    ...(priority === 0 ? {} : { priority }),
    load_balancing_weight: { value: sum(members.map(({ endpoint }) => Math.max(1, endpoint.weight))) },
    lb_endpoints: members.map((member) => ({
      ...lbEndpoint(member, HEALTH[member.health]),
      // 0 is not a weight on the wire; what weighs 0 is draining.
      load_balancing_weight: { value: Math.max(1, member.endpoint.weight) },
    })),
  }));
}

/** gRPC ignores endpoint weights and honours those of localities (gRFC A27): one sub_zone per distinct weight. */
function grpcEndpoints(endpoints: readonly SnapshotEndpoint[]): LocalityInput[] {
  return grpcLocalities(endpoints).map(({ priority, zone, subZone, weight, members }) => ({
    locality: { zone, sub_zone: subZone },
    ...(priority === 0 ? {} : { priority }),
    load_balancing_weight: { value: weight },
    lb_endpoints: members.map((member) => lbEndpoint(member, "HEALTHY")),
  }));
}

function lbEndpoint({ endpoint }: SnapshotEndpoint, health: (typeof HEALTH)[SnapshotHealth]): EndpointInput {
  const { ip, port, instance } = endpoint;
  return {
    endpoint: { address: { socket_address: { address: ip, port_value: port } } },
    health_status: health,
    ...(instance === undefined ? {} : { metadata: { filter_metadata: { [FAIRLEAD_METADATA]: structFrom({ instance }) } } }),
  };
}

function byKey([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
