export { ClientProtocol, type ClientProtocolOptions, type RestoredState, type XdsState } from "./client-protocol.js";
export type { Connection } from "./connection.js";
export type { RawResource } from "./decode.js";
export type { HeldResource, Origin } from "./held-resources.js";
export type { Issue } from "./issues.js";
export { LoadReports, type LoadReportsOptions, type UpstreamLoad } from "./load-reports.js";
export type { Refused } from "./nack.js";
export { readinessOf, type UpstreamReadiness } from "./readiness.js";
