// The seam through which the answer leaves this room.

import type { EndpointId, Keyed, ServiceName } from "@fairlead/shared";
import type { CallerFinding } from "./callers/caller-evidence.js";
import type { HealthStatus, Opinion } from "./opinion.js";
import type { Brake } from "./verdict/brakes.js";
import type { LedgerEntry, LedgerSums } from "./verdict/ledger.js";
import type { Vote } from "./votes.js";

/** How an endpoint that was out takes up its share again: one clock for the fleet. */
export interface Ramp {
  /** Wall time. */
  readonly startMs: number;
  readonly ms: number;
  /** How far it is by now, in quarters: for clients that have no ramp of their own. */
  readonly step: 0.25 | 0.5 | 0.75 | 1;
}

/** What is done about an endpoint, and why. */
export interface Verdict {
  readonly status: HealthStatus;
  readonly because: string;
  /** Wall time since when the status holds. */
  readonly sinceMs: number;
  /** Wall time at which it changes by itself at the latest; undefined where only evidence changes it. */
  readonly untilMs: number | undefined;
  /** It answered that it does not serve: it goes at once whatever guard is active (invariant 3). */
  readonly refusing: boolean;
  /** Of its weight, above 0 and at most 1. */
  readonly share: number;
  readonly ramp: Ramp | undefined;
}

/** Everything a verdict rests on, for people. */
export interface Explanation {
  readonly verdict: Verdict;
  readonly opinion: Opinion;
  readonly votes: readonly Vote[];
  readonly callers: CallerFinding | undefined;
  /** What keeps it in service though it would leave, and since when (wall time). */
  readonly heldBy: { readonly brake: Brake; readonly sinceMs: number } | undefined;
  readonly disputed: boolean;
}

/** What happened to a service's endpoints by their health. */
export interface HealthLedger {
  readonly sums: LedgerSums;
  /** The newest ones, oldest first. */
  readonly entries: readonly LedgerEntry[];
}

/** Removals of a service that a brake holds. */
export interface HeldRemovals {
  /** What holds the first of them. */
  readonly brake: Brake;
  readonly count: number;
  /** Wall times: since when the first waits, and when it is let through at the latest. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** Equal verdicts keep their reference. */
export interface Health {
  readonly verdicts: Keyed<ServiceName, ReadonlyMap<EndpointId, Verdict>>;
  /** While `verdicts` tell of a service: when the first piece of evidence for what they tell came in, on the monotonic clock. */
  noticedMs(service: ServiceName): number | undefined;
  explain(service: ServiceName, endpoint: EndpointId): Explanation | undefined;
  ledger(service: ServiceName): HealthLedger | undefined;
  /** Services of which a removal is held now. */
  readonly held: ReadonlyMap<ServiceName, HeldRemovals>;
}
