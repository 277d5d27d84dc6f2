// The methods we serve, with bytes in and bytes out: requests are decoded where a bad one can be answered, responses are encoded once
// for many streams.

import { RESOURCE_TYPES, services } from "@fairlead/proto";
import type { MethodDefinition } from "@grpc/grpc-js";
import type { StreamStatus } from "../stream-machine.js";

type BytesMethod = MethodDefinition<Buffer, Buffer>;

export interface ServedMethod {
  readonly name: string;
  readonly variant: "sotw" | "delta";
  /** The type of a per-type stream; undefined on ADS (xDS rules R1, R2). */
  readonly impliedType: string | undefined;
  readonly definition: BytesMethod;
}

const asIs = (bytes: Buffer): Buffer => bytes;

function served(method: { readonly path: string }, variant: "sotw" | "delta", impliedType: string | undefined): ServedMethod {
  return {
    name: method.path,
    variant,
    impliedType,
    definition: {
      path: method.path,
      requestStream: true,
      responseStream: true,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  };
}

const { aggregated, clusters, endpoints, listeners, routes } = services;

export const SERVED_METHODS: readonly ServedMethod[] = [
  served(aggregated.StreamAggregatedResources, "sotw", undefined),
  served(aggregated.DeltaAggregatedResources, "delta", undefined),
  served(clusters.StreamClusters, "sotw", RESOURCE_TYPES.cluster),
  served(clusters.DeltaClusters, "delta", RESOURCE_TYPES.cluster),
  served(endpoints.StreamEndpoints, "sotw", RESOURCE_TYPES.assignment),
  served(endpoints.DeltaEndpoints, "delta", RESOURCE_TYPES.assignment),
  served(listeners.StreamListeners, "sotw", RESOURCE_TYPES.listener),
  served(listeners.DeltaListeners, "delta", RESOURCE_TYPES.listener),
  served(routes.StreamRoutes, "sotw", RESOURCE_TYPES.routeConfiguration),
  served(routes.DeltaRoutes, "delta", RESOURCE_TYPES.routeConfiguration),
];

/** Ends a call with a status that is no success. */
export function refuse(call: { emit(event: "error", error: Error): boolean }, status: StreamStatus): void {
  call.emit("error", Object.assign(new Error(status.details), status));
}

/** The peer's address without its port. */
export function hostOf(peer: string): string {
  return peer.slice(0, peer.lastIndexOf(":"));
}
