// The seam between who knows endpoints (`clusters`) and who sends requests (`forward`).

import type { EndpointId } from "@fairlead/shared";
import type { EjectionNews, EndpointState, Tried, TryFailure } from "../endpoint/index.js";
import type { ReportedLoad } from "./reported-load.js";

/** Why a try at an endpoint failed. The first three never sent a byte. */
export type FailureCode =
  | "connect-refused"
  | "connect-timeout"
  | "connect-failed"
  /** The connection ended before the response was whole. */
  | "reset"
  /** No answer, or no more of it, in time. */
  | "timeout"
  /** Something came that is not HTTP as we accept it. */
  | "bad-response";

/** How a lease ended. `sent`: bytes of the request may have reached the endpoint. */
export type Outcome =
  | { readonly kind: "success"; readonly status: number }
  | { readonly kind: "failure"; readonly code: FailureCode; readonly sent: boolean }
  /** The caller went away, or we did: says nothing about the endpoint. */
  | { readonly kind: "abandoned" };

/** The right to send one request to an endpoint. It counts as in flight from the pick until the release. */
export interface Lease {
  readonly endpoint: EndpointState;
  /** A connection to the endpoint stands, a new one or one that was there. Once or more; the next two say it too. */
  opened(): void;
  /**
   * The head of the endpoint's answer has come, long before the release if the body is long. Once.
   * @param askedMs for how long the endpoint asks to be left alone
   */
  answered(status: number, nowMs: number, askedMs?: number): void;
  /** What is connected lasts as long as its two sides like: its latency is what it took until now, not until the release. */
  lasts(nowMs: number): void;
  /** The endpoint has said what its load is. */
  reported(load: ReportedLoad, nowMs: number): void;
  /** Exactly once; a second call is a bug and throws. */
  release(outcome: Outcome, nowMs: number): void;
}

export type Pick =
  | { readonly kind: "picked"; readonly lease: Lease }
  | { readonly kind: "refused"; readonly reason: "no-endpoints" | "overloaded" };

export interface PickContext {
  /** Monotonic. */
  readonly nowMs: number;
  /** Endpoints this request has tried already; never picked again for it. */
  readonly exclude: readonly EndpointId[];
  /** Of the request's key, 32 bits, for policies that keep a key at one endpoint. */
  readonly hash?: number | undefined;
  /** The seat's endpoint (`seatToken`), as a cookie of ours says: it goes before the hash. */
  readonly seat?: string | undefined;
}

/**
 * Chooses among a fixed set of candidates. Made anew whenever the set changes; what is learnt lives in `EndpointState`,
 * so a new picker goes on where the old one stopped. The order in which candidates are given changes no pick.
 */
export interface Picker {
  pick(context: PickContext): Pick;
}

/**
 * Local evidence that overrules membership for a moment. Owned here, implemented by `resilience`, joined in `clusters`.
 * An endpoint that is passed over is still picked when no other is left: a wrong guess must not refuse requests.
 */
export interface Ejection {
  passesOver(endpoint: EndpointState, nowMs: number): boolean;
  /** Called for every pick; true when this lease is the one probe that decides whether an ejected endpoint comes back. */
  picked(endpoint: EndpointState, nowMs: number): boolean;
  /** The head of an answer has come. */
  answered(endpoint: EndpointState, status: number, tried: Tried, askedMs: number): EjectionNews;
  /** A try has ended without an answer. */
  failed(endpoint: EndpointState, how: TryFailure, tried: Tried): EjectionNews;
  /** The probe ended without saying anything about the endpoint. */
  probeLost(endpoint: EndpointState): void;
}
