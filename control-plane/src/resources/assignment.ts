// ClusterLoadAssignments. Every kind of client honours different means, so weight, drain and health are said to each in its own.

import { encode, type Messages, messageField, structFrom } from "@fairlead/proto";
import { FAIRLEAD_METADATA } from "@fairlead/shared";
import type { ServiceSnapshot, SnapshotEndpoint, SnapshotHealth } from "../snapshot/index.js";
import type { Resource } from "../xds/index.js";
import type { ClientKind } from "./client-kind.js";
import { resourceOf, withMetadata } from "./encoded.js";
import { grpcLocalities } from "./grpc-localities.js";
import { priorityGroups } from "./priority-groups.js";

const ASSIGNMENT = "envoy.config.endpoint.v3.ClusterLoadAssignment";
const LOCALITY = "envoy.config.endpoint.v3.LocalityLbEndpoints";
const LB_ENDPOINT = "envoy.config.endpoint.v3.LbEndpoint";
type LocalityInput = Omit<Messages[typeof LOCALITY]["input"], "lb_endpoints">;
type EndpointInput = Messages[typeof LB_ENDPOINT]["input"];

/** Field numbers of endpoint.proto and endpoint_components.proto. */
const FIELDS = { assignmentEndpoints: 2, localityEndpoints: 2 };

/**
 * Put together from endpoints that are encoded once each: of a large service one differs, and the cost follows it. Fields
 * stand in the order of their numbers, so the bytes, and with them the version, are those of the message encoded whole.
 */
export function assignment(service: ServiceSnapshot, kind: ClientKind): Resource {
  const localities = kind === "grpc" ? grpcEndpoints(service.endpoints) : zonesOf(service.endpoints);
  const fields = localities.map((locality) => messageField(FIELDS.assignmentEndpoints, locality));
  const resource = resourceOf(service.name, Buffer.concat([encode(ASSIGNMENT, { cluster_name: service.name }), ...fields]));
  if (service.confirmed === undefined) return resource;
  // Since when and why is for people: replicas that saw the same collapse at two moments must come to one version (invariant 7).
  return withMetadata(resource, { [FAIRLEAD_METADATA]: { confirmed: true } });
}

const HEALTH = { healthy: "HEALTHY", unhealthy: "UNHEALTHY", draining: "DRAINING" } as const satisfies Record<SnapshotHealth, string>;

/** One locality per priority and zone, with health, endpoint weights and our metadata: Envoy and our sidecars honour them. */
function zonesOf(endpoints: readonly SnapshotEndpoint[]): Buffer[] {
  return priorityGroups(endpoints).flatMap(({ priority, members }) => zones(members, priority));
}

function zones(endpoints: readonly SnapshotEndpoint[], priority: number): Buffer[] {
  const byZone = new Map<string, SnapshotEndpoint[]>();
  for (const member of endpoints) {
    const members = byZone.get(member.endpoint.zone);
    if (members === undefined) byZone.set(member.endpoint.zone, [member]);
    else members.push(member);
  }
  return [...byZone].sort(byKey).map(([zone, members]) => {
    const weight = sum(members.map(({ endpoint }) => Math.max(1, endpoint.weight)));
    return locality({ locality: { zone }, ...priorityField(priority), load_balancing_weight: { value: weight } }, members.map(inFull));
  });
}

/** 0 is not a weight on the wire; what weighs 0 is draining. */
const inFull = encodedOnce((member) => ({
  ...lbEndpoint(member, HEALTH[member.health]),
  load_balancing_weight: { value: Math.max(1, member.endpoint.weight) },
}));

/** gRPC ignores endpoint weights and honours those of localities (gRFC A27): one sub_zone per distinct weight. */
function grpcEndpoints(endpoints: readonly SnapshotEndpoint[]): Buffer[] {
  return grpcLocalities(endpoints).map(({ priority, zone, subZone, weight, members }) =>
    locality(
      { locality: { zone, sub_zone: subZone }, ...priorityField(priority), load_balancing_weight: { value: weight } },
      members.map(forGrpc),
    ),
  );
}

const forGrpc = encodedOnce((member) => lbEndpoint(member, "HEALTHY"));

/** `locality` is field 1, the endpoints are field 2, everything else comes after them. */
function locality({ locality: place, ...rest }: LocalityInput, endpoints: readonly Buffer[]): Buffer {
  return Buffer.concat([encode(LOCALITY, { locality: place ?? null }), ...endpoints, encode(LOCALITY, rest)]);
}

function priorityField(priority: number): { readonly priority?: number } {
  return priority === 0 ? {} : { priority };
}

/** As a field of its locality. Members are immutable: one that stayed the same is the same object, and its bytes are kept with it. */
function encodedOnce(inputOf: (member: SnapshotEndpoint) => EndpointInput): (member: SnapshotEndpoint) => Buffer {
  const known = new WeakMap<SnapshotEndpoint, Buffer>();
  return (member) => {
    let bytes = known.get(member);
    if (bytes === undefined) {
      bytes = messageField(FIELDS.localityEndpoints, encode(LB_ENDPOINT, inputOf(member)));
      known.set(member, bytes);
    }
    return bytes;
  };
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
