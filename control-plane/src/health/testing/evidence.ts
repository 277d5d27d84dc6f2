import { Cell, type EndpointId, KeyedCell } from "@fairlead/shared";
import type { CallerEvidence, CallerFinding } from "../callers/caller-evidence.js";
import type { CheckResult, EvidenceKind, Opinion } from "../opinion.js";
import type { Vote } from "../votes.js";

export function idOf(number: number): EndpointId {
  return `10.0.0.${number}:80` as EndpointId;
}

export const WELL: Opinion = opinion({ status: "healthy", because: "accepts connections" });
export const UNCHECKED: Opinion = opinion({ status: "unknown", because: "not checked yet" });
export const SILENT: Opinion = opinion({ status: "unhealthy", because: "3 checks in a row timed out", kind: "silence" });
export const COMPLAINING: Opinion = opinion({ status: "unhealthy", because: "status 503", kind: "complaint" });
export const REFUSING: Opinion = opinion({ status: "unhealthy", because: "refused twice in a row", kind: "answer", refusing: true });

export function opinion(part: Partial<Opinion>): Opinion {
  return { status: "healthy", because: "", sinceMs: 0, kind: undefined, last: undefined, disagreeing: 0, refusing: false, ...part };
}

export function passedAt(atMs: number): Opinion {
  const last: CheckResult = { outcome: "passed", detail: "accepted a connection", atMs, tookMs: 1 };
  return { ...WELL, last };
}

export function vote(checker: string, status: Vote["status"], kind?: EvidenceKind): Vote {
  return { checker, status, kind, refusing: kind === "answer", because: `${checker} says ${status}`, callers: undefined };
}

export function finding(part: Partial<CallerFinding> = {}): CallerFinding {
  return { kind: "errors", agreement: "most", share: 0.05, because: "30 % of its requests fail", sinceMs: 0, ...part };
}

/** Where nobody reports. */
export const NO_CALLERS: CallerEvidence = { services: new KeyedCell(), doubted: new Cell([]) };
