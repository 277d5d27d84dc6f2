import { DecodeError, decode, RESOURCE_TYPES } from "@fairlead/proto";
import { fail, ok, type Result } from "@fairlead/shared";
import type { Assignment, ClusterConfig, RouteConfig } from "../endpoint/index.js";
import { decodeAssignment } from "./decode-assignment.js";
import { decodeCluster } from "./decode-cluster.js";
import { decodeRoute } from "./decode-route.js";
import { refusal } from "./refusal.js";

/** A resource as it travels and as it is saved. */
export interface RawResource {
  readonly typeUrl: string;
  readonly name: string;
  /** Opaque; equal content, equal version. */
  readonly version: string;
  /** The encoded message. */
  readonly value: Buffer;
  /** Of an assignment: the mark beside it (`Resource.metadata`) on a collapse that is known to be meant. */
  readonly confirmed?: boolean;
}

export type DecodedResource =
  | { readonly kind: "cluster"; readonly value: ClusterConfig }
  | { readonly kind: "assignment"; readonly value: Assignment }
  | { readonly kind: "route"; readonly value: RouteConfig };

/**
 * Decodes a resource whole, or says why not: field, value, what was expected. Any bytes may come: this never throws.
 * @returns an error too when the message is called other than the resource that carries it
 */
export function decodeResource(resource: RawResource): Result<DecodedResource> {
  try {
    return decodeKnown(resource);
  } catch (error) {
    if (error instanceof DecodeError) return fail(`not a message of its type: ${error.message}`);
    throw error;
  }
}

function decodeKnown({ typeUrl, name, version, value, confirmed = false }: RawResource): Result<DecodedResource> {
  if (typeUrl === RESOURCE_TYPES.cluster) {
    const message = decode("envoy.config.cluster.v3.Cluster", value);
    if (message.name !== name) return refusal("name", message.name, `the resource's "${name}"`);
    const decoded = decodeCluster(message, version);
    return decoded.ok ? ok({ kind: "cluster", value: decoded.value }) : decoded;
  }
  if (typeUrl === RESOURCE_TYPES.assignment) {
    const message = decode("envoy.config.endpoint.v3.ClusterLoadAssignment", value);
    if (message.cluster_name !== name) return refusal("cluster_name", message.cluster_name, `the resource's "${name}"`);
    const decoded = decodeAssignment(message, { version, confirmed });
    return decoded.ok ? ok({ kind: "assignment", value: decoded.value }) : decoded;
  }
  if (typeUrl === RESOURCE_TYPES.routeConfiguration) {
    const message = decode("envoy.config.route.v3.RouteConfiguration", value);
    if (message.name !== name) return refusal("name", message.name, `the resource's "${name}"`);
    const decoded = decodeRoute(message, version);
    return decoded.ok ? ok({ kind: "route", value: decoded.value }) : decoded;
  }
  return refusal("type_url", typeUrl, "a Cluster, ClusterLoadAssignment or RouteConfiguration");
}
