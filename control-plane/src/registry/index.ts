export { type Comparison, compare } from "./comparison.js";
export { type HoldEvidence, LiveRegistry, type RegistryInputs, type RememberedService } from "./live-registry.js";
export type {
  ConfirmedMark,
  Contribution,
  Hold,
  RegisteredEndpoint,
  RegisteredService,
  Registry,
  SourceStatus,
} from "./registry.js";
