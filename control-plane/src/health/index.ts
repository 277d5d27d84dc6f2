export type { CallerEvidence, CallersView, DoubtedCaller } from "./callers/caller-evidence.js";
export { type CallerLoad, Callers } from "./callers/callers.js";
export { type CheckerDeps, newChecker } from "./checks/checker.js";
export type { Probe, ProbeAnswer, ProbeTarget } from "./checks/probe.js";
export type { Explanation, Health, HeldRemovals, Ramp, Verdict } from "./health.js";
export type { EvidenceKind, HealthStatus, Opinion, Opinions } from "./opinion.js";
export { BRAKE_SAYS } from "./verdict/brakes.js";
export { Judge } from "./verdict/judge.js";
export { NO_VOTES, type Vote, type Votes } from "./votes.js";
