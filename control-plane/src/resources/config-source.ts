// Where a client takes what its Clusters and Listeners refer to: from its aggregated stream, or, an Envoy that has none, from streams
// of its own.

import type { Messages } from "@fairlead/proto";
import type { XdsNode } from "../xds/index.js";
import type { ClientKind } from "./client-kind.js";

type ConfigSource = Messages["envoy.config.core.v3.ConfigSource"]["input"];

/** An Envoy without ADS opens one stream for each assignment and each RouteConfiguration. */
export interface OwnStreams {
  /** What its bootstrap calls us: it takes no other name in what we send. */
  readonly cluster: string;
  readonly delta: boolean;
}

/** A name in a bootstrap is a word or two. */
const NAME_MAX = 256;

/** `node.metadata["fairlead.streams"]`, such as `{ cluster: control_plane, api: DELTA_GRPC }`, the words of an Envoy's bootstrap. */
export function ownStreamsOf({ metadata }: XdsNode, kind: ClientKind): OwnStreams | undefined {
  const said = metadata["fairlead.streams"];
  if (kind !== "envoy" || typeof said !== "object" || said === null) return undefined;
  const { cluster, api } = said as Readonly<Record<string, unknown>>;
  if (typeof cluster !== "string" || cluster === "" || cluster.length > NAME_MAX) return undefined;
  return { cluster, delta: api === "DELTA_GRPC" };
}

export function configSource(own: OwnStreams | undefined): ConfigSource {
  if (own === undefined) return { ads: {}, resource_api_version: "V3" };
  return {
    api_config_source: {
      api_type: own.delta ? "DELTA_GRPC" : "GRPC",
      transport_api_version: "V3",
      grpc_services: [{ envoy_grpc: { cluster_name: own.cluster } }],
      set_node_on_first_message_only: true,
    },
    resource_api_version: "V3",
  };
}

/** Whether it is a source that clients of this kind do not take. */
export function refersElsewhere(source: ConfigSource | null | undefined, kind: ClientKind): boolean {
  return !source?.ads && !source?.self && !(kind === "envoy" && source?.api_config_source);
}
