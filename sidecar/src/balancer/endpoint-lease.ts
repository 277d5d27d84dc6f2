import type { EjectionNews, EndpointState, OutcomeKind, Tried, TryFailure } from "../endpoint/index.js";
import type { BalancerMemory } from "./balancer-memory.js";
import { learnAbandoned, learnLatency } from "./latency.js";
import type { Ejection, Lease, Outcome, Pick } from "./picker.js";
import { learnReport, type ReportedLoad } from "./reported-load.js";

export interface LeaseDeps {
  readonly ejection: Ejection;
  readonly memory: BalancerMemory;
}

/** Too many requests: an answer without work, like a server's failure that comes at once. */
const TOO_MANY_REQUESTS = 429;

/** The one lease of every picker: counts in flight, outcomes, latency and ejection alike whatever chose the endpoint. */
class EndpointLease implements Lease {
  readonly endpoint: EndpointState;
  readonly #deps: LeaseDeps;
  readonly #probe: boolean;
  readonly #pickedAtMs: number;
  #opened = false;
  #answered = false;
  #released = false;
  #lasts = false;

  constructor(endpoint: EndpointState, deps: LeaseDeps, nowMs: number) {
    this.endpoint = endpoint;
    this.#deps = deps;
    this.#probe = deps.ejection.picked(endpoint, nowMs);
    this.#pickedAtMs = nowMs;
  }

  opened(): void {
    if (this.#opened) return;
    this.#opened = true;
    this.endpoint.opening--;
  }

  answered(status: number, nowMs: number, askedMs = 0): void {
    if (this.#answered) return;
    this.opened();
    this.#answered = true;
    this.#count(this.#deps.ejection.answered(this.endpoint, status, this.#tried(nowMs), askedMs));
  }

  lasts(nowMs: number): void {
    if (this.#lasts) return;
    this.#lasts = true;
    const tookMs = nowMs - this.#pickedAtMs;
    this.endpoint.took(tookMs);
    learnLatency(this.endpoint, this.#deps.memory, { tookMs, failed: false, nowMs });
  }

  reported(load: ReportedLoad, nowMs: number): void {
    learnReport(this.endpoint, load, nowMs);
  }

  release(outcome: Outcome, nowMs: number): void {
    if (this.#released) throw new Error(`lease of ${this.endpoint.endpoint.id} released twice`);
    this.#released = true;
    this.opened();
    this.endpoint.inFlight--;
    this.#deps.memory.inFlight--;
    const kind = outcomeKind(outcome);
    this.endpoint.count(kind, outcome.kind === "failure" ? failureOf(outcome) : undefined);
    if (!this.#lasts) this.#learn(outcome, kind, nowMs);
    if (!this.#answered) this.#tellEjection(outcome, nowMs);
  }

  #tellEjection(outcome: Outcome, nowMs: number): void {
    const { ejection } = this.#deps;
    if (outcome.kind === "success") this.answered(outcome.status, nowMs);
    else if (outcome.kind === "failure") this.#count(ejection.failed(this.endpoint, failureOf(outcome), this.#tried(nowMs)));
    else if (this.#probe) ejection.probeLost(this.endpoint);
  }

  #tried(nowMs: number): Tried {
    return { pickedMs: this.#pickedAtMs, nowMs, probe: this.#probe };
  }

  #count(news: EjectionNews): void {
    const { memory } = this.#deps;
    if (news === "ejected") memory.ejections[this.endpoint.ejectedBecause]++;
    else if (news === "spared") memory.spared++;
  }

  #learn(outcome: Outcome, kind: OutcomeKind, nowMs: number): void {
    const tookMs = nowMs - this.#pickedAtMs;
    if (kind === "success" || kind === "failure") this.endpoint.took(tookMs);
    if (kind === "cancelled") learnAbandoned(this.endpoint, this.#deps.memory, { waitedMs: tookMs, nowMs });
    else {
      const failed = kind !== "success" || (outcome.kind === "success" && outcome.status === TOO_MANY_REQUESTS);
      learnLatency(this.endpoint, this.#deps.memory, { tookMs, failed, nowMs });
    }
  }
}

/** Makes `endpoint` the pick: from here on it has one more request in flight. */
export function leaseOf(endpoint: EndpointState, deps: LeaseDeps, nowMs: number): Pick {
  endpoint.inFlight++;
  endpoint.opening++;
  deps.memory.inFlight++;
  return { kind: "picked", lease: new EndpointLease(endpoint, deps, nowMs) };
}

function failureOf({ code, sent }: Extract<Outcome, { kind: "failure" }>): TryFailure {
  if (!sent) return "connect";
  return code === "timeout" ? "timeout" : "broken";
}

/** A 5xx is an answer, so the endpoint is connected, but it is no success of the endpoint. */
function outcomeKind(outcome: Outcome): OutcomeKind {
  switch (outcome.kind) {
    case "success":
      return outcome.status >= 500 ? "failure" : "success";
    case "abandoned":
      return "cancelled";
    case "failure":
      return outcome.sent ? "failure" : "connect-failure";
  }
}
