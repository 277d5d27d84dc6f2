// The library: an xDS v3 server for whoever can say, for a node, which named resources it gets.

import { newMetrics } from "@fairlead/shared";
import { pinoLog, systemClock, systemRng } from "@fairlead/shared/io";
import { newXdsServer, type XdsServer, type XdsServerDeps } from "./io/xds-server.js";
import { DEFAULT_LIMITS } from "./limits.js";
import type { StreamObserver } from "./stream-observer.js";

/** What a server needs, `viewOf`, and what it can be given. */
export type XdsServerOptions = Pick<XdsServerDeps, "viewOf"> & Partial<XdsServerDeps>;

const NOBODY: StreamObserver = {
  opened: () => undefined,
  closed: () => undefined,
  subscribed: () => undefined,
  sent: () => undefined,
  acked: () => undefined,
  nacked: () => undefined,
  gateExpired: () => undefined,
};

/** A server that serves each node its view: on the system's clock, silent, with the default limits and without gates unless told otherwise. */
export function xdsServer(options: XdsServerOptions): XdsServer {
  return newXdsServer({
    observer: NOBODY,
    clock: systemClock,
    rng: systemRng,
    log: pinoLog("silent"),
    metrics: newMetrics(),
    limits: DEFAULT_LIMITS,
    identifier: "",
    ...options,
  });
}

export type { ClientRule } from "./client-identity.js";
export { newXdsServer, type XdsServer, type XdsServerDeps } from "./io/xds-server.js";
export { DEFAULT_LIMITS, type XdsLimits } from "./limits.js";
export type { ClusterLoad, LoadMetric, LoadObserver, LoadPlace, LoadReporter, PlaceLoad } from "./load-report.js";
export { type RefusedResource, refusedFromDetails, refusedToDetails } from "./nack-details.js";
export type { Absence, Reference, Resource, ResourceChange, ResourceSet, ResourceSets, ViewOf, XdsNode } from "./resource-set.js";
export { resourceSets, type ViewContent } from "./resource-sets.js";
// The protocol alone, for whoever brings a stream of another kind than gRPC's (the simulation).
export { ResponseEncoder } from "./response-encoder.js";
export { type Step, StreamMachine } from "./stream-machine.js";
export type { Nack, SentResponse, StreamIdentity, StreamObserver } from "./stream-observer.js";
export { readDeltaRequest } from "./stream-request.js";
export type { TlsState, XdsTls } from "./tls-state.js";
