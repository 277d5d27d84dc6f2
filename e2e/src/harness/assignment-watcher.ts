import { type DeltaDiscoveryRequest, type DeltaDiscoveryResponse__Output, decode, RESOURCE_TYPES, services } from "@fairlead/proto";
import { Client, type ClientDuplexStream, credentials } from "@grpc/grpc-js";
import { stopLater, stoppedAlready } from "./teardown.js";

/** Health by endpoint id (`ip:port`), in the wire's words (HEALTHY, UNHEALTHY, DRAINING, UNKNOWN). */
export type EndpointStates = ReadonlyMap<string, string>;

/** What a client is told of one service at one moment. */
export interface SeenAssignment {
  readonly service: string;
  readonly version: string;
  /** When its bytes were here, by performance.now(). */
  readonly atMs: number;
  /** Decoded when asked for. */
  states(): EndpointStates;
}

const METHOD = services.aggregated.DeltaAggregatedResources;
const OPTIONS = { "grpc.max_receive_message_length": 64 * 1_024 * 1_024, "grpc.use_local_subchannel_pool": 1 };

/**
 * Subscribes to the assignments of services over delta ADS, as a sidecar does, and shows every one that is pushed: no
 * published step is missed, as looking now and then would. Ends with close, or at teardown; throws nothing when the
 * control plane goes.
 */
export function watchAssignments(
  xdsAddress: string,
  names: readonly string[],
  seen: (assignment: SeenAssignment) => void,
): { close(): void } {
  const client = new Client(`ipv4:${xdsAddress}`, credentials.createInsecure(), OPTIONS);
  const stream: ClientDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse__Output> = client.makeBidiStreamRequest(
    METHOD.path,
    METHOD.requestSerialize,
    METHOD.responseDeserialize,
  );
  stream.on("error", () => undefined);
  stream.on("data", ({ nonce, resources }: DeltaDiscoveryResponse__Output) => {
    const atMs = performance.now();
    stream.write({ type_url: RESOURCE_TYPES.assignment, response_nonce: nonce });
    for (const { name, version, resource } of resources) {
      seen({ service: name, version, atMs, states: () => statesIn(resource?.value ?? Buffer.alloc(0)) });
    }
  });
  stream.write({
    node: { id: "watcher", cluster: "watcher", user_agent_name: "fairlead", user_agent_version: "0.1.0" },
    type_url: RESOURCE_TYPES.assignment,
    resource_names_subscribe: [...names],
  });
  const close = (): void => {
    stream.cancel();
    client.close();
  };
  const thing = { name: `watcher of ${xdsAddress}`, stop: close };
  stopLater(thing);
  return {
    close: () => {
      stoppedAlready(thing);
      close();
    },
  };
}

/** The endpoints of an encoded ClusterLoadAssignment. */
export function statesIn(assignment: Buffer): EndpointStates {
  const { endpoints } = decode("envoy.config.endpoint.v3.ClusterLoadAssignment", assignment);
  return new Map(
    endpoints.flatMap(({ lb_endpoints }) =>
      lb_endpoints.map(({ endpoint, health_status }) => {
        const socket = endpoint?.address?.socket_address;
        return [`${socket?.address}:${socket?.port_value}`, health_status] as const;
      }),
    ),
  );
}
