export { NO_CALLERS } from "./callers/caller-evidence.js";
export { type CheckerDeps, newChecker } from "./checks/checker.js";
export type { Probe, ProbeAnswer, ProbeTarget } from "./checks/probe.js";
export type { Health, Verdict } from "./health.js";
export type { CheckResult, EvidenceKind, HealthStatus, Opinion, Opinions } from "./opinion.js";
export { Judge } from "./verdict/judge.js";
export { NO_VOTES } from "./votes.js";
