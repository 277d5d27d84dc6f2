export { type HoldEvidence, LiveRegistry, type RegistryInputs, type RememberedEndpoint } from "./live-registry.js";
export type { Contribution, Hold, RegisteredEndpoint, RegisteredService, Registry, SourceStatus } from "./registry.js";
