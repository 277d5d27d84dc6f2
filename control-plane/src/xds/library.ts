// The library: an xDS v3 server for whoever can say, for a node, which named resources it gets.

export { newXdsServer, type XdsServer, type XdsServerDeps } from "./io/xds-server.js";
export { DEFAULT_LIMITS, type XdsLimits } from "./limits.js";
export { type RefusedResource, refusedFromDetails, refusedToDetails } from "./nack-details.js";
export type { Absence, Reference, Resource, ResourceSet, ResourceSets, ViewOf, XdsNode } from "./resource-set.js";
// The protocol alone, for whoever brings a stream of another kind than gRPC's (the simulation).
export { ResponseEncoder } from "./response-encoder.js";
export { type Step, StreamMachine } from "./stream-machine.js";
export type { Nack, StreamIdentity, StreamObserver } from "./stream-observer.js";
export { readDeltaRequest } from "./stream-request.js";
