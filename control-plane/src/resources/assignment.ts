// ClusterLoadAssignments. Every kind of client honours different means, so weight, drain and health are said to each in its own.

import { type Messages, structFrom } from "@fairlead/proto";
import { FAIRLEAD_METADATA } from "@fairlead/shared";
import { isHashing } from "../config/index.js";
import type { ServiceSnapshot, SnapshotEndpoint, SnapshotHealth } from "../snapshot/index.js";
import { byZone } from "./by-zone.js";
import { CLIENT_TRAITS, type ClientKind } from "./client-kind.js";
import { type GrpcLocality, grpcLocalities, hashedLocalities } from "./grpc-localities.js";
import { memberWeight, steppedWeight } from "./member-weight.js";
import { nearestPolicy } from "./nearest-policy.js";
import { priorityGroups } from "./priority-groups.js";

type AssignmentInput = Messages["envoy.config.endpoint.v3.ClusterLoadAssignment"]["input"];
type LocalityInput = NonNullable<AssignmentInput["endpoints"]>[number];
type EndpointInput = NonNullable<LocalityInput["lb_endpoints"]>[number];

/**
 * Which means weights reach a client by. `endpoint`: health, endpoint weights and our metadata, which Envoy and our sidecars honour.
 * `locality`: weights of localities, the only ones gRPC has (gRFC A27). `hashed`: both, which gRPC multiplies where it hashes.
 */
export type WeightMeans = "endpoint" | "locality" | "hashed";

/** What this kind of client honours, given the policy it gets. */
export function weightMeans({ settings }: ServiceSnapshot, kind: ClientKind): WeightMeans {
  if (!CLIENT_TRAITS[kind].isGrpc) return "endpoint";
  return isHashing(nearestPolicy(settings.lb.policy, kind)) ? "hashed" : "locality";
}

/** The service's endpoints, or those of them that a subset has. */
export function assignment(service: ServiceSnapshot, means: WeightMeans, subset?: readonly SnapshotEndpoint[]): AssignmentInput {
  return { cluster_name: service.name, endpoints: LOCALITIES[means](service.endpoints, subset) };
}

/** Beside the assignment, for the guards behind us. Since when and why is for people: replicas come to one version (invariant 7). */
export function assignmentMetadata({ confirmed }: ServiceSnapshot) {
  return confirmed === undefined ? undefined : { [FAIRLEAD_METADATA]: { confirmed: true } };
}

type Localities = (endpoints: readonly SnapshotEndpoint[], subset: readonly SnapshotEndpoint[] | undefined) => LocalityInput[];

const LOCALITIES: Readonly<Record<WeightMeans, Localities>> = {
  endpoint: (endpoints, subset = endpoints) => priorityGroups(subset).flatMap(({ priority, members }) => zones(members, priority)),
  locality: (endpoints, subset) => grpcLocalities(endpoints, subset).map((locality) => grpcLocality(locality, unweighted)),
  hashed: (endpoints, subset) => hashedLocalities(endpoints, subset).map((locality) => grpcLocality(locality, weighted)),
};

const HEALTH = { healthy: "HEALTHY", unhealthy: "UNHEALTHY", draining: "DRAINING" } as const satisfies Record<SnapshotHealth, string>;

/** One locality per zone. */
function zones(endpoints: readonly SnapshotEndpoint[], priority: number): LocalityInput[] {
  return byZone(endpoints).map(([zone, members]) => ({
    locality: { zone },
    ...(priority === 0 ? {} : { priority }),
    load_balancing_weight: { value: sum(members.map(memberWeight)) },
    lb_endpoints: members.map(inFull),
  }));
}

function grpcLocality(
  { priority, zone, subZone, weight, members }: GrpcLocality,
  input: (member: SnapshotEndpoint) => EndpointInput,
): LocalityInput {
  return {
    locality: { zone, sub_zone: subZone },
    ...(priority === 0 ? {} : { priority }),
    load_balancing_weight: { value: weight },
    lb_endpoints: members.map(input),
  };
}

const inFull = madeOnce((member) => ({
  ...lbEndpoint(member, HEALTH[member.health], rampOf(member)),
  load_balancing_weight: { value: memberWeight(member) },
}));
const unweighted = madeOnce((member) => lbEndpoint(member, "HEALTHY"));
const weighted = madeOnce((member) => ({
  ...lbEndpoint(member, "HEALTHY"),
  load_balancing_weight: { value: steppedWeight(member) },
}));

/** Members are immutable: one that stayed the same is the same object, and so is what is made of it, whose bytes are kept with it. */
function madeOnce(inputOf: (member: SnapshotEndpoint) => EndpointInput): (member: SnapshotEndpoint) => EndpointInput {
  const known = new WeakMap<SnapshotEndpoint, EndpointInput>();
  return (member) => {
    let input = known.get(member);
    if (input === undefined) {
      input = inputOf(member);
      known.set(member, input);
    }
    return input;
  };
}

function lbEndpoint({ endpoint }: SnapshotEndpoint, health: (typeof HEALTH)[SnapshotHealth], more: object = {}): EndpointInput {
  const { ip, port, instance } = endpoint;
  const own = { ...(instance === undefined ? {} : { instance }), ...more };
  return {
    endpoint: { address: { socket_address: { address: ip, port_value: port } } },
    health_status: health,
    ...(Object.keys(own).length === 0 ? {} : { metadata: { filter_metadata: { [FAIRLEAD_METADATA]: structFrom(own) } } }),
  };
}

/** When it began is the same for every sidecar: they all see one ramp. */
function rampOf({ ramp }: SnapshotEndpoint): object {
  return ramp === undefined ? {} : { ramp_start_ms: ramp.startMs, ramp_ms: ramp.ms };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
