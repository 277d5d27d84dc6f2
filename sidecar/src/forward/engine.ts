// The seam of the data plane: any engine (sockets, parsing, pools) drives the same synchronous decisions.

import type { Closable, EndpointId, Result } from "@fairlead/shared";
import type { Lease, Outcome } from "../balancer/index.js";
import type { ActiveCluster, ClusterTable } from "../clusters/index.js";
import { type Asks, askedMs, deadlineOf } from "../resilience/index.js";
import { type Affinity, setCookie } from "./affinity.js";
import type { ClusterCounters } from "./cluster-counters.js";
import type { LeavingEndpoint } from "./draining.js";
import type { Rival } from "./hedging.js";
import { type LocalReply, RETRIED, type Reason } from "./local-reply.js";
import type { StreamPath } from "./tcp/stream-path.js";

/** How a listener finds the service of a request. */
export type RouteBy = { readonly kind: "service"; readonly service: string } | { readonly kind: "host" };

export interface ListenerSpec {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly route: RouteBy;
}

export interface Listening extends Closable {
  readonly host: string;
  readonly port: number;
}

/** Moves bytes; knows no services. In `io/`. */
export interface Engine {
  /** Fails with a reason for a person when the address cannot be had. */
  listen(spec: ListenerSpec, path: RequestPath): Promise<Result<Listening>>;
  /** Who may be called has changed: connections to endpoints that left have an end from here on. */
  onTable?(table: ClusterTable): void;
  /** Endpoints that connections are leaving. */
  readonly leaving?: readonly LeavingEndpoint[];
  /** Connections that were told to leave such an endpoint so far, by service. */
  readonly moved?: ReadonlyMap<string, number>;
  /** Ends what is left of that now, for one service. @returns how many endpoints that concerns */
  endDraining?(service: string): number;
  /** Stops accepting, lets requests finish with Connection: close, and after `timeoutMs` answers or cuts the rest. */
  drain(timeoutMs: number): Promise<void>;
}

/** What decides about a request, of a head that the engine found acceptable. */
export interface RequestFacts {
  readonly method: string;
  /** The authority it is for, in lower case without a port; empty where there is none. */
  readonly hostName: string;
  /** Origin-form. */
  readonly path: string;
  /** Flat: name, value, name, value. Read only where a policy hashes. */
  readonly headers: readonly string[];
  /** How long the caller says that it waits for the answer; Infinity where it does not say. */
  readonly callerTimeoutMs: number;
}

/** What is asked of the path when a request's head is there. */
export interface Arrival {
  readonly head: RequestFacts;
  readonly route: RouteBy;
  readonly peerIp: string;
}

/**
 * One request on its way, from its first try to its end. The engine reads it, tells it what it sees happen, and gives it
 * back with the outcome of each try.
 */
export class Try {
  readonly method: string;
  readonly counters: ClusterCounters;
  readonly beganMs: number;
  /** Monotonic; for the whole request, its answer's body included. */
  readonly deadlineMs: number;
  cluster: ActiveCluster;
  /** Of the present try; released by `RequestPath.outcome`. */
  lease: Lease;
  /** Endpoints of the tries before this one. */
  readonly tried: EndpointId[] = [];
  tries = 1;
  /** When the present try began. */
  triedMs: number;
  /** A try that was sent has failed, and it holds a place among the retries under way. */
  retrying = false;
  /** Body bytes were taken from the caller: another try could not send them again. */
  bodyTaken = false;
  /** The present try goes out on a connection that carried requests before: its end may be a keep-alive race. */
  reused = false;
  /** The answer's head has come and is acceptable. */
  answered = false;
  /** Undefined where the policy does not hash. */
  readonly affinity: Affinity | undefined;

  constructor(parts: Pick<Try, "method" | "counters" | "beganMs" | "triedMs" | "deadlineMs" | "cluster" | "lease" | "affinity">) {
    this.method = parts.method;
    this.counters = parts.counters;
    this.beganMs = parts.beganMs;
    this.triedMs = parts.triedMs;
    this.deadlineMs = parts.deadlineMs;
    this.cluster = parts.cluster;
    this.lease = parts.lease;
    this.affinity = parts.affinity;
  }

  /** Monotonic; when the present try has to have brought the head of an answer. */
  get tryDueMs(): number {
    return Math.min(this.deadlineMs, deadlineOf(this.triedMs, this.cluster.route.perTryTimeoutMs));
  }

  /** How long the present try may still take, in whole milliseconds from 1 on; Infinity where there is no deadline. */
  leftMs(nowMs: number): number {
    return Math.max(1, Math.floor(this.tryDueMs - nowMs));
  }

  /** The value of a Set-Cookie to add to the answer. */
  get setCookie(): string | undefined {
    return this.affinity === undefined ? undefined : setCookie(this.affinity, this.lease.endpoint);
  }

  /** Field lines for the answer that name the endpoint and the version of the assignment it was picked from. */
  get mark(): string {
    return `X-Fairlead-Endpoint: ${this.lease.endpoint.endpoint.id}\r\nX-Fairlead-Version: ${this.cluster.assignment.version}\r\n`;
  }

  /** Of an answer that failed all the same: a field line that says what was tried here. Undefined where nothing was. */
  retriedLine(status: number): string | undefined {
    return status < 500 || this.tries === 1 ? undefined : `${RETRIED}: ${this.tries - 1}\r\n`;
  }

  /** The answer begins: from here on there is no other try. */
  answerBegan(status: number, nowMs: number, asks: Asks = {}): void {
    this.answered = true;
    this.lease.answered(status, nowMs, askedMs(status, asks));
  }
}

/** A request that waits until one of those under way to its service has ended. */
export interface Waiting {
  readonly service: string;
  /** When the engine has to end it. */
  readonly dueMs: number;
  /** Set by the engine. Called once, when it is its turn, with what to do. */
  onTurn: (decision: Decision) => void;
  /** It waits no longer. @param isLate its time is over, and an answer follows; else nobody waits for one */
  readonly end: (isLate: boolean) => Decision;
}

export type Decision =
  | { readonly kind: "try"; readonly attempt: Try }
  | { readonly kind: "wait"; readonly waiting: Waiting }
  | { readonly kind: "answer"; readonly reply: LocalReply }
  /** Nothing more to send; an answer that broke off must be seen to have broken off. */
  | { readonly kind: "done" };

/** Synchronous and pure: it reads one reference of the cluster table and never waits. */
export interface RequestPath {
  /** The same for what has no requests. */
  readonly streams: StreamPath;
  begin(arrival: Arrival, nowMs: number): Decision;
  /** Exactly once per try. */
  outcome(attempt: Try, outcome: Outcome, nowMs: number): Decision;
  /** Whether a try that waits for its answer had better be given up as timed out: its endpoint is out and another would do. */
  isStranded(attempt: Try, nowMs: number): boolean;
  /** Moves `attempt`, whose present try waits for its answer, on to a second one if that may be. Gives the first, which goes on. */
  hedge(attempt: Try, nowMs: number): Rival | undefined;
  /** Of the two tries of a hedged request one is over, exactly once, and is not the present one any more. */
  lost(attempt: Try, lease: Lease, outcome: Outcome, nowMs: number): void;
  /** An answer the engine has to give by itself (what is not acceptable HTTP, silence, drain), made and counted. */
  reply(reason: Reason, detail: string): LocalReply;
}
