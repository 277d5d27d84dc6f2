export { type CheckerDeps, newChecker } from "./checker.js";
export type { CheckResult, EndpointHealth, Health, HealthStatus } from "./health.js";
export type { Probe, ProbeAnswer, ProbeTarget } from "./probe.js";
