// One request between a caller and, one after the other, the endpoints it is tried at. Decides nothing about bytes.

import type { FailureCode, Outcome } from "../../balancer/index.js";
import { hasPassed, stepDeadline } from "../../resilience/index.js";
import type { EndReason } from "../end-reasons.js";
import type { Decision, RequestPath, Try, Waiting } from "../engine.js";
import { hedgeDueMs, type Rival, type Watched } from "../hedging.js";
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

const ABANDONED: Outcome = { kind: "abandoned" };

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
export class Exchange implements Watched {
  readonly #context: ExchangeContext;
  readonly #path: RequestPath;
  readonly #caller: ExchangeCaller;
  #phase: Phase = "over";
  #attempt: Try | undefined;
  #upstream: Upstream | undefined;
  /** The first of two tries that run at once; the second is the present one. No answer has begun of either. */
  #rival: (Rival & { readonly upstream: Upstream }) | undefined;
  /** When the first try of a request that may be hedged began, and when the second may. */
  #sinceMs = 0;
  #dueMs = 0;
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

  get dueMs(): number {
    return this.#dueMs;
  }

  /** The first try has had its time: a second one joins it, if that may be. */
  hedge(): void {
    const { attempt, upstream } = this;
    if (attempt === undefined || this.#phase !== "waiting" || upstream?.awaitsPlainAnswer !== true) return;
    const rival = this.#path.hedge(attempt, this.#context.nowMs());
    if (rival === undefined) return;
    this.#rival = { ...rival, upstream };
    this.#caller.account.hedged = true;
    this.#send(attempt);
  }

  /** The head of a final answer has come. False where it is let go with its connection: another try runs, and may do better than fail. */
  takes(upstream: Upstream, status: number): boolean {
    const attempt = this.#attempt;
    if (attempt === undefined || this.#rival === undefined) return true;
    const isGood = status < 500;
    const outcome: Outcome = isGood ? ABANDONED : { kind: "success", status };
    const isPresent = upstream === this.#upstream;
    if (isGood && isPresent) attempt.counters.hedgesWon++;
    if (isGood === isPresent) this.#loseRival(outcome);
    else this.#losePresent(attempt, this.#rival, outcome);
    return isGood;
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
    if (attempt.cluster.route.hedgePercent > 0) this.#endWatch(attempt, facts.status);
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
    else if (upstream === this.#rival?.upstream) this.#loseRival({ kind: "failure", code, sent });
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
    this.#loseRival(ABANDONED);
    this.#endWait(false);
    this.#settle({ kind: "abandoned" });
  }

  sweep(nowMs: number): void {
    if (this.#waiting !== undefined && hasPassed(this.#waiting.dueMs, nowMs)) this.#endWait(true);
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    if (hasPassed(this.#phase === "answering" ? attempt.deadlineMs : attempt.tryDueMs, nowMs)) {
      if (hasPassed(attempt.deadlineMs, nowMs)) this.#loseRival({ kind: "failure", code: "timeout", sent: true });
      this.#fail("timeout", this.#phase !== "connecting");
    } else if (this.#phase === "connecting" && hasPassed(this.#connectDueMs, nowMs)) this.#fail("connect-timeout", false);
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
    if (attempt.cluster.route.hedgePercent > 0 && attempt.tries === 1) this.#watch(attempt);
    const upstream = this.#context.upstreamTo(attempt.lease.endpoint, attempt.counters);
    this.#upstream = upstream;
    upstream.begin(this);
    if (upstream.isConnected) this.onConnected(upstream);
    else this.#connectDueMs = stepDeadline(attempt.deadlineMs, this.#context.nowMs(), attempt.cluster.config.connectTimeoutMs);
  }

  #fail(code: FailureCode, sent: boolean): void {
    if (this.#rival !== undefined && this.#attempt !== undefined) {
      this.#losePresent(this.#attempt, this.#rival, { kind: "failure", code, sent });
      return;
    }
    const isBroken = this.#phase === "answering";
    this.#drop();
    this.#settle({ kind: "failure", code, sent });
    if (isBroken) this.#caller.cut(brokenBy(code));
  }

  #watch(attempt: Try): void {
    this.#sinceMs = this.#context.nowMs();
    const dueMs = hedgeDueMs(attempt, this.#sinceMs);
    if (dueMs === undefined) return;
    this.#dueMs = dueMs;
    this.#context.hedges.watch(attempt.counters, this);
  }

  /** A hedged request teaches what its first try took at least. A failure may come at once, and a retry begins anew: neither teaches. */
  #endWatch({ counters, tries }: Try, status: number): void {
    this.#context.hedges.forget(counters, this);
    const nowMs = this.#context.nowMs();
    if (status < 500 && (tries === 1 || this.#caller.account.hedged)) counters.tail.record(nowMs - this.#sinceMs, nowMs);
  }

  /** The second try goes on alone. */
  #loseRival(outcome: Outcome): void {
    const { attempt } = this;
    const rival = this.#rival;
    this.#rival = undefined;
    if (attempt === undefined || rival === undefined) return;
    rival.upstream.discard();
    this.#path.lost(attempt, rival.lease, outcome, this.#context.nowMs());
  }

  /** The first try goes on alone. */
  #losePresent(attempt: Try, { upstream, cluster, lease, triedMs, reused }: Rival & { upstream: Upstream }, outcome: Outcome): void {
    const lost = attempt.lease;
    this.#rival = undefined;
    this.#drop();
    Object.assign(attempt, { cluster, lease, triedMs, reused });
    this.#upstream = upstream;
    this.#phase = "waiting";
    this.#path.lost(attempt, lost, outcome, this.#context.nowMs());
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
    if (attempt.cluster.route.hedgePercent > 0) this.#context.hedges.forget(attempt.counters, this);
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
