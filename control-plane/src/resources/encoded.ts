import { encode, type Messages, RESOURCE_TYPES } from "@fairlead/proto";
import { contentHash, fail, ok, type Result } from "@fairlead/shared";
import type { Reference, Resource } from "../xds/index.js";
import { assignmentBytes } from "./assignment-bytes.js";
import { ASSIGNMENT_REFUSALS } from "./assignment-refusals.js";
import type { ClientKind } from "./client-kind.js";
import { CLUSTER_REFUSALS } from "./cluster-refusals.js";
import { LISTENER_REFUSALS, ROUTE_REFUSALS } from "./listener-refusals.js";
import type { RefusalRule } from "./refusal-rule.js";

const MESSAGES = {
  listener: "envoy.config.listener.v3.Listener",
  routeConfiguration: "envoy.config.route.v3.RouteConfiguration",
  cluster: "envoy.config.cluster.v3.Cluster",
  assignment: "envoy.config.endpoint.v3.ClusterLoadAssignment",
} as const;
export type TypeName = keyof typeof MESSAGES;
export type MessageOf<T extends TypeName> = Messages[(typeof MESSAGES)[T]]["input"];

const BYTES: { readonly [T in TypeName]: (message: MessageOf<T>) => Buffer } = {
  listener: (message) => encode(MESSAGES.listener, message),
  routeConfiguration: (message) => encode(MESSAGES.routeConfiguration, message),
  cluster: (message) => encode(MESSAGES.cluster, message),
  assignment: assignmentBytes,
};

const REFUSALS: { readonly [T in TypeName]: readonly RefusalRule<MessageOf<T>>[] } = {
  listener: LISTENER_REFUSALS,
  routeConfiguration: ROUTE_REFUSALS,
  cluster: CLUSTER_REFUSALS,
  assignment: ASSIGNMENT_REFUSALS,
};

/** What some client of this kind, or any client of all, would refuse of the message; undefined when it may be sent. */
export function refusalOf<T extends TypeName>(type: T, message: MessageOf<T>, kind: ClientKind): string | undefined {
  for (const { find, source } of REFUSALS[type]) {
    const found = find(message, kind);
    if (found !== undefined) return `${found} (${source})`;
  }
  return undefined;
}

/** A resource as the renderer makes it, before it is looked at and encoded. */
export interface Draft<T extends TypeName> {
  readonly type: T;
  readonly name: string;
  readonly message: MessageOf<T>;
  /** The service that callers must have before this is of any use to them (decision D4). */
  readonly leadsTo?: string;
  readonly metadata?: Resource["metadata"];
}

/** The draft as the view receives it, its version the hash of exactly these bytes (invariant 7); or why a client would refuse it. */
export function encoded<T extends TypeName>({ type, name, message, leadsTo, metadata }: Draft<T>, kind: ClientKind): Result<Resource> {
  const refusal = refusalOf(type, message, kind);
  if (refusal !== undefined) return fail(refusal);
  const value = BYTES[type](message);
  const version = contentHash(value);
  return ok({
    name,
    value,
    // Metadata beside the message is part of the version.
    version: metadata === undefined ? version : contentHash(JSON.stringify([version, metadata])),
    ...(leadsTo === undefined ? {} : { requires: referencesTo(leadsTo) }),
    ...(metadata === undefined ? {} : { metadata }),
  });
}

function referencesTo(service: string): readonly Reference[] {
  return [
    { typeUrl: RESOURCE_TYPES.cluster, name: service },
    { typeUrl: RESOURCE_TYPES.assignment, name: service },
  ];
}
