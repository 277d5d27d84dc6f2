import type { EndpointState, OutcomeKind } from "../endpoint/index.js";
import type { Ejection, Lease, Outcome, Pick } from "./picker.js";

/** The one lease of every picker: counts in flight, outcomes and ejection alike whatever chose the endpoint. */
class EndpointLease implements Lease {
  readonly endpoint: EndpointState;
  readonly #ejection: Ejection;
  readonly #probe: boolean;
  readonly #pickedAtMs: number;
  #connected = false;
  #released = false;

  constructor(endpoint: EndpointState, ejection: Ejection, nowMs: number) {
    this.endpoint = endpoint;
    this.#ejection = ejection;
    this.#probe = ejection.picked(endpoint, nowMs);
    this.#pickedAtMs = nowMs;
  }

  connected(): void {
    this.#connected = true;
    this.#ejection.connected(this.endpoint);
  }

  release(outcome: Outcome, nowMs: number): void {
    if (this.#released) throw new Error(`lease of ${this.endpoint.endpoint.id} released twice`);
    this.#released = true;
    this.endpoint.inFlight--;
    const kind = outcomeKind(outcome);
    this.endpoint.count(kind);
    if (kind === "success" || kind === "failure") this.endpoint.tookMs += nowMs - this.#pickedAtMs;
    if (kind === "connect-failure") this.#ejection.connectFailed(this.endpoint, nowMs);
    else if (outcome.kind === "success" && !this.#connected) this.#ejection.connected(this.endpoint);
    else if (this.#probe && !this.#connected) this.#ejection.probeLost(this.endpoint);
  }
}

/** Makes `endpoint` the pick: from here on it has one more request in flight. */
export function leaseOf(endpoint: EndpointState, ejection: Ejection, nowMs: number): Pick {
  endpoint.inFlight++;
  return { kind: "picked", lease: new EndpointLease(endpoint, ejection, nowMs) };
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
