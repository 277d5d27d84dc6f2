/** Who is connected, and who has which version. */
export type { FleetChanges } from "./change-latency.js";
export type { Rates } from "./decayed-counts.js";
export { type Fleet, type FleetNack, type FleetStream, type FleetType, newFleet } from "./fleet.js";
export { identityOf } from "./identity.js";
export type { EndpointLoad, LoadRow, Loads, ServiceLoad, SummedLoad } from "./load-table.js";
export type { Usage } from "./name-counts.js";
