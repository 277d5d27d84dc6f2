// A request of either variant, as the protocol machine reads it.

import {
  type DeltaDiscoveryRequest__Output,
  type DiscoveryRequest__Output,
  type Node__Output,
  type Status__Output,
  structTo,
} from "@fairlead/proto";
import { truncated, type XdsLimits } from "./limits.js";
import { refusedFromDetails } from "./nack-details.js";
import type { XdsNode } from "./resource-set.js";

export type Asked =
  /** The whole subscription; `version` is the last one the client accepted, on this stream or an earlier one. */
  | { readonly kind: "sotw"; readonly names: readonly string[]; readonly version: string }
  /** A change of the subscription; `held` is what the client has from an earlier stream, version by name. */
  | {
      readonly kind: "delta";
      readonly subscribe: readonly string[];
      readonly unsubscribe: readonly string[];
      readonly held: ReadonlyMap<string, string>;
    };

/** What a client says against a response: its presence, and nothing else, makes a request a NACK (xDS rule R7). */
export interface Refusal {
  readonly reason: string;
  /** The names the client itself refused; empty where it does not say. */
  readonly resources: readonly string[];
}

export interface StreamRequest {
  /** Only the first request of a stream must carry it (xDS rule R4). */
  readonly node: XdsNode | undefined;
  readonly typeUrl: string;
  /** Empty in a request that answers no response. */
  readonly nonce: string;
  readonly refusal: Refusal | undefined;
  readonly asked: Asked;
}

/** What a request meant for the response before it. */
export type Verdict =
  | { readonly kind: "acked"; readonly nonce: string; readonly version: string }
  | { readonly kind: "nacked"; readonly nonce: string; readonly refusal: Refusal };

export interface Heard {
  readonly verdict: Verdict | undefined;
  readonly subscriptionChanged: boolean;
}

export function readSotwRequest(message: DiscoveryRequest__Output, limits: XdsLimits): StreamRequest {
  return {
    node: readNode(message.node),
    typeUrl: message.type_url,
    nonce: message.response_nonce,
    refusal: readRefusal(message.error_detail, limits),
    asked: { kind: "sotw", names: message.resource_names, version: message.version_info },
  };
}

export function readDeltaRequest(message: DeltaDiscoveryRequest__Output, limits: XdsLimits): StreamRequest {
  return {
    node: readNode(message.node),
    typeUrl: message.type_url,
    nonce: message.response_nonce,
    refusal: readRefusal(message.error_detail, limits),
    asked: {
      kind: "delta",
      subscribe: message.resource_names_subscribe,
      unsubscribe: message.resource_names_unsubscribe,
      held: new Map(Object.entries(message.initial_resource_versions)),
    },
  };
}

function readRefusal(status: Status__Output | null, limits: XdsLimits): Refusal | undefined {
  if (status === null) return undefined;
  const refused = refusedFromDetails(status.details, limits.refusedNames);
  const reason = status.message === "" ? refused.map((one) => `${one.name}: ${one.reason}`).join("; ") : status.message;
  return { reason: truncated(reason, limits.reasonBytes), resources: refused.map((one) => one.name) };
}

/** What a client says of itself; undefined where it says nothing. */
export function readNode(node: Node__Output | null): XdsNode | undefined {
  if (node === null) return undefined;
  return {
    id: node.id,
    cluster: node.cluster,
    zone: node.locality?.zone ?? "",
    userAgentName: node.user_agent_name,
    userAgentVersion: node.user_agent_version ?? "",
    clientFeatures: node.client_features,
    metadata: node.metadata === null ? {} : structTo(node.metadata),
  };
}
