/** What other rooms may know of the xDS server; who runs one imports `library.ts`. */
export type { ClusterLoad, LoadMetric, LoadObserver, LoadPlace, LoadReporter, PlaceLoad } from "./load-report.js";
export type { Absence, Reference, Resource, ResourceChange, ResourceSet, ResourceSets, ViewOf, XdsNode } from "./resource-set.js";
export type { Nack, SentResponse, StreamIdentity, StreamObserver } from "./stream-observer.js";
export { daysLeft, endsSoon, type TlsState, type XdsTls } from "./tls-state.js";
