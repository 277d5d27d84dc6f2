// The methods of discovery we serve.

import { RESOURCE_TYPES, services } from "@fairlead/proto";

export interface ServedMethod {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly variant: "sotw" | "delta";
  /** The type of a per-type stream; undefined on ADS (xDS rules R1, R2). */
  readonly impliedType: string | undefined;
}

function served({ path }: { readonly path: string }, variant: "sotw" | "delta", impliedType: string | undefined): ServedMethod {
  return { path, variant, impliedType };
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

/** The peer's address without its port. */
export function hostOf(peer: string): string {
  return peer.slice(0, peer.lastIndexOf(":"));
}
