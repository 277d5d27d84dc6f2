// One request between a caller and, one after the other, the endpoints it is tried at. Decides nothing about bytes.

import type { FailureCode, Outcome } from "../../balancer/index.js";
import { hasPassed, stepDeadline } from "../../resilience/index.js";
import type { EndReason } from "../end-reasons.js";
import type { Decision, RequestPath, Try, Waiting } from "../engine.js";
import { reportedLoadOf } from "../load-metrics.js";
import type { LocalReply } from "../local-reply.js";
import type { Account } from "./account.js";
import type { ExchangeContext } from "./exchange-context.js";
import type { AwaitedParty } from "./pace.js";
import type { Upstream } from "./upstream.js";

/** Where the present try is. `over`: nothing is under way upstream. */
export type Phase = "over" | "connecting" | "waiting" | "answering";

/** Of an answer's head, what is for us. */
export interface AnswerFacts {
  readonly status: number;
  /** What the endpoint says of its load, and when it wants to be asked again, as it says it. */
  readonly loadReport: string | undefined;
  readonly retryAfter: string | undefined;
  readonly failsChecks: boolean;
}

/** What a request needs of the side that it came from. */
export interface ExchangeCaller {
  readonly account: Account;
  /** The connection stands: send the request on it. */
  onUpstream(upstream: Upstream, attempt: Try): void;
  /** The answer is ours to give. */
  onReply(reply: LocalReply): void;
  /** An answer that has begun will not be finished. */
  cut(why: EndReason): void;
}

/** Reused for the requests of one connection, which come one after the other. */
export class Exchange {
  readonly #context: ExchangeContext;
  readonly #path: RequestPath;
  readonly #caller: ExchangeCaller;
  #phase: Phase = "over";
  #attempt: Try | undefined;
  #upstream: Upstream | undefined;
  /** The request waits for a place. */
  #waiting: Waiting | undefined;
  #connectDueMs = Number.POSITIVE_INFINITY;

  constructor(context: ExchangeContext, path: RequestPath, caller: ExchangeCaller) {
    this.#context = context;
    this.#path = path;
    this.#caller = caller;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get upstream(): Upstream | undefined {
    return this.#upstream;
  }

  /** Undefined where no try is under way. */
  get attempt(): Try | undefined {
    return this.#attempt;
  }

  /** Who has to do something before the request can go on, where the caller's side has come so far. */
  awaited(isRequestDone: boolean, isCallerFlushed: boolean): AwaitedParty {
    if (this.#phase === "connecting" || this.#waiting !== undefined) return "nobody";
    if (!isRequestDone) return this.#upstream?.wire.isFlushed !== false ? "sender" : "nobody";
    return isCallerFlushed ? "nobody" : "reader";
  }

  follow(decision: Decision): void {
    if (decision.kind === "try") this.#send(decision.attempt);
    else if (decision.kind === "wait") this.#wait(decision.waiting);
    else if (decision.kind === "answer") this.#caller.onReply(decision.reply);
  }

  onConnected(upstream: Upstream): void {
    const attempt = this.#attempt;
    if (attempt === undefined || upstream !== this.#upstream) return;
    this.#phase = "waiting";
    attempt.reused = upstream.isReused;
    attempt.lease.opened();
    this.#caller.onUpstream(upstream, attempt);
  }

  /** The head of a final answer has come, with what the endpoint says of its load. Gives the Set-Cookie that belongs into it. */
  onAnswer(facts: AnswerFacts): string | undefined {
    this.#phase = "answering";
    const attempt = this.#attempt;
    if (attempt === undefined) return undefined;
    const nowMs = this.#context.nowMs();
    attempt.answerBegan(facts.status, nowMs, facts);
    const load = facts.loadReport === undefined ? undefined : reportedLoadOf(["endpoint-load-metrics", facts.loadReport]);
    if (load !== undefined) attempt.lease.reported(load, nowMs);
    return attempt.setCookie;
  }

  /** See `Try.retriedLine`. */
  retriedLine(status: number): string | undefined {
    return this.#attempt?.retriedLine(status);
  }

  /** Its last byte is written. */
  onAnswerDone(status: number): void {
    this.#upstream = undefined;
    this.#settle({ kind: "success", status });
  }

  /** A connection that was switched to another protocol is over. */
  onTunnelEnd(): void {
    this.#drop();
    this.#settle({ kind: "success", status: 101 });
  }

  onFailed(upstream: Upstream, code: FailureCode, sent: boolean): void {
    if (upstream === this.#upstream) this.#fail(code, sent);
  }

  /** The endpoint is on its way out and has had its time. */
  giveUp(): void {
    if (this.#attempt !== undefined) this.#fail("timeout", this.#phase !== "connecting");
  }

  /** From here on it is a tunnel. */
  onTunnel(): void {
    this.#attempt?.lease.lasts(this.#context.nowMs());
  }

  /** Nobody waits for an answer any more. */
  abandon(): void {
    this.#drop();
    this.#endWait(false);
    this.#settle({ kind: "abandoned" });
  }

  sweep(nowMs: number): void {
    if (this.#waiting !== undefined && hasPassed(this.#waiting.dueMs, nowMs)) this.#endWait(true);
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    if (hasPassed(this.#phase === "answering" ? attempt.deadlineMs : attempt.tryDueMs, nowMs))
      this.#fail("timeout", this.#phase !== "connecting");
    else if (this.#phase === "connecting" && hasPassed(this.#connectDueMs, nowMs)) this.#fail("connect-timeout", false);
    else if (this.#phase === "waiting" && this.#path.isStranded(attempt, nowMs)) this.#fail("timeout", true);
  }

  #wait(waiting: Waiting): void {
    this.#waiting = waiting;
    this.#caller.account.waited = true;
    waiting.onTurn = (decision) => {
      this.#waiting = undefined;
      this.follow(decision);
    };
  }

  #endWait(isLate: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) this.follow(waiting.end(isLate));
  }

  #send(attempt: Try): void {
    this.#attempt = attempt;
    this.#caller.account.attempt = attempt;
    this.#phase = "connecting";
    const upstream = this.#context.upstreamTo(attempt.lease.endpoint, attempt.counters);
    this.#upstream = upstream;
    upstream.begin(this);
    if (upstream.isConnected) this.onConnected(upstream);
    else this.#connectDueMs = stepDeadline(attempt.deadlineMs, this.#context.nowMs(), attempt.cluster.config.connectTimeoutMs);
  }

  #fail(code: FailureCode, sent: boolean): void {
    const isBroken = this.#phase === "answering";
    this.#drop();
    this.#settle({ kind: "failure", code, sent });
    if (isBroken) this.#caller.cut(brokenBy(code));
  }

  #drop(): void {
    const upstream = this.#upstream;
    this.#upstream = undefined;
    upstream?.discard();
  }

  /** Gives the try back, exactly once, and does what follows from it. */
  #settle(outcome: Outcome): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    this.#attempt = undefined;
    this.#phase = "over";
    this.follow(this.#path.outcome(attempt, outcome, this.#context.nowMs()));
  }
}

/** The service that a request goes to, at once or after a wait; undefined where it goes nowhere. */
export function serviceTo(decision: Decision): string | undefined {
  if (decision.kind === "try") return decision.attempt.cluster.name;
  return decision.kind === "wait" ? decision.waiting.service : undefined;
}

function brokenBy(code: FailureCode): EndReason {
  if (code === "timeout") return "answer-timeout";
  return code === "bad-response" ? "answer-malformed" : "answer-reset";
}
