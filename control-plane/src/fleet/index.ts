/** Who is connected, and who has which version. */
export { type Fleet, type FleetNack, type FleetStream, type FleetType, newFleet } from "./fleet.js";
export type { Usage } from "./name-counts.js";
