// The caller's side of a connection, without the connection: requests one after the other, each from its head to the end of its answer.

import type { EndpointState } from "../../endpoint/index.js";
import type { DrainingTenant } from "../draining.js";
import type { Try } from "../engine.js";
import { type LocalReply, type Reason, replyBytes } from "../local-reply.js";
import { Exchange, type ExchangeCaller } from "./exchange.js";
import type { CallerOptions } from "./exchange-context.js";
import { INCOMPLETE } from "./field-table.js";
import { HeadWriter } from "./head-writer.js";
import { Inbox } from "./inbox.js";
import { CR, LF } from "./octets.js";
import { RequestBody } from "./request-body.js";
import type { RequestHead } from "./request-head.js";
import type { Upstream } from "./upstream.js";
import type { Wire, WireEvents } from "./wire.js";

/** Slow-header defence: from the first byte of a head, or the opening of the connection, to its last. */
export const HEAD_MS = 10_000;
/** Above the 60 s that callers' pools commonly keep idle connections, so that they close first. */
export const IDLE_MS = 75_000;
/** Longest silence of a caller in the middle of its request, or of one that does not read its answer. */
const SILENCE_MS = 30_000;
/** A caller that has not noticed an answer by then is not going to. */
const LINGER_MS = 2_000;
/** An unread body up to here is read and dropped to keep the connection; beyond it closing is cheaper. */
const MAX_DROPPED_BODY = 64 * 1_024;
/** A connection is recycled now and then, so that load spreads after a restart. */
const MAX_REQUESTS = 10_000;

const CONTINUE = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n");

/**
 * `head`: waits for a request, or has part of its head. `exchange`: a request is under way. `lingering`: the last answer is written, and
 * what still comes is dropped (RFC 9112 section 9.6). `tunnel`: bytes go both ways as they come.
 */
type State = "head" | "exchange" | "lingering" | "tunnel" | "closed";

export class Caller implements WireEvents, ExchangeCaller, DrainingTenant {
  readonly inbox = new Inbox();
  readonly wire: Wire;
  /** Called once what was written to the caller has left. */
  whenFlushed: (() => void) | undefined;
  readonly #options: CallerOptions;
  readonly #exchange: Exchange;
  readonly #body = new RequestBody();
  readonly #writer = new HeadWriter();
  #state: State = "head";
  #requests = 0;
  /** Since when it is in its state; with a part of a head, since that came. */
  #sinceMs: number;
  #hasPartOfHead = true;
  /** What ends an exchange within the loop that reads requests leaves the next one to it. */
  #isPumping = false;
  #moved = true;
  #movedMs: number;
  /** The caller has sent its FIN. */
  #ended = false;
  // Of the present request.
  #isHead = false;
  #isOld = false;
  #upgrades = false;
  #awaitsContinue = false;
  #answerBegun = false;
  #answerDone = false;
  #closes = false;
  /** When both sides of its tunnel were told to go. */
  #sentAwayMs: number | undefined;

  constructor(wire: Wire, options: CallerOptions) {
    this.wire = wire;
    this.#options = options;
    this.#exchange = new Exchange(options.context, options.path, this);
    this.#sinceMs = options.context.nowMs();
    this.#movedMs = this.#sinceMs;
  }

  /** Whether the whole request has been taken over. */
  get isRequestDone(): boolean {
    return this.#body.isDone;
  }

  // What drains.

  get endpoint(): EndpointState | undefined {
    return this.#sentAwayMs === undefined ? this.#exchange.attempt?.lease.endpoint : undefined;
  }

  get occupancy(): object | undefined {
    return this.#exchange.attempt;
  }

  get isOpenEnded(): boolean {
    return this.#state === "tunnel";
  }

  /** A tunnel ends in order, FIN after what was written; an answer breaks off, a request without one goes elsewhere if it may. */
  sendAway(): void {
    if (this.#state !== "tunnel") this.#exchange.giveUp();
    else if (this.#sentAwayMs === undefined) {
      this.#sentAwayMs = this.#options.context.nowMs();
      this.wire.end();
      this.#exchange.upstream?.wire.end();
    }
  }

  // From the connection.

  onReceived(length: number): void {
    this.#moved = true;
    this.inbox.receive(length);
    this.#goOn();
  }

  onFlushed(): void {
    this.#moved = true;
    const task = this.whenFlushed;
    this.whenFlushed = undefined;
    task?.();
    this.#exchange.upstream?.onCallerFlushed();
  }

  onEnd(): void {
    this.#ended = true;
    switch (this.#state) {
      case "head":
        if (this.inbox.isEmpty) this.#close();
        else this.#refuse("bad-request", "Refused: the connection ended in the middle of a head.");
        break;
      case "exchange":
        // As Node and Envoy see it, who says no more will not listen either. What of an answer is written still leaves.
        this.#close();
        break;
      case "tunnel":
        this.#exchange.upstream?.wire.end();
        break;
      default:
        this.#close();
    }
  }

  onClosed(): void {
    this.#leave();
  }

  // From the clock and the engine.

  /** Called a few times a second: everything that ends because time has passed. */
  sweep(nowMs: number): void {
    if (this.#moved) this.#movedMs = nowMs;
    this.#moved = false;
    const age = nowMs - this.#sinceMs;
    if (this.#state === "exchange") {
      this.#exchange.sweep(nowMs);
      if (nowMs - this.#movedMs >= SILENCE_MS) this.#onSilence();
    } else if (this.#state === "lingering") {
      if (age >= LINGER_MS) this.cut();
    } else if (this.#state === "tunnel") {
      if (this.#sentAwayMs !== undefined && nowMs - this.#sentAwayMs >= LINGER_MS) this.cut();
    } else if (this.#state === "head" && age >= (this.#hasPartOfHead ? HEAD_MS : IDLE_MS)) {
      if (this.#hasPartOfHead) this.#refuse("request-timeout", `The head did not arrive within ${HEAD_MS / 1_000} s.`);
      else this.#close();
    }
  }

  /** No other request is taken. A connection without one ends now. */
  closeSoon(): void {
    this.#closes = true;
    if (this.#state === "head" && this.inbox.isEmpty) this.#close();
  }

  /** No more time: an answer if none has begun, or the end. */
  cutOff(): void {
    if (this.#state === "exchange" && !this.#answerBegun)
      this.#refuse("draining", "The sidecar's drain ended before the service answered.");
    else if (this.#state !== "lingering") this.cut();
  }

  /** Ends it by RST, whatever it was doing: an answer that has begun and will not be finished must look broken. */
  cut(): void {
    if (this.#state === "closed") return;
    this.#leave();
    this.wire.reset();
  }

  // From the exchange.

  onUpstream(upstream: Upstream, attempt: Try): void {
    upstream.expect({ caller: this, isHead: this.#isHead, upgrades: this.#upgrades, callerIsOld: this.#isOld });
    const head = this.#writer.bytes.subarray(0, this.#writer.length);
    if (this.#body.isDone) {
      upstream.wire.write(head);
      return;
    }
    // Only now is the body taken from the caller: a connect that fails leaves it whole for another try.
    attempt.bodyTaken = true;
    if (this.#awaitsContinue && this.inbox.isEmpty) this.wire.write(CONTINUE);
    this.#awaitsContinue = false;
    upstream.wire.cork();
    upstream.wire.write(head);
    this.#pump();
    upstream.wire.uncork();
    this.#holdBack();
  }

  onReply(reply: LocalReply): void {
    if (this.#answerBegun) {
      this.cut();
      return;
    }
    this.#answerBegun = true;
    const { draining } = this.#options.context;
    // A body that was not asked for may never come.
    if (reply.closes || draining() || this.#body.left > MAX_DROPPED_BODY || (this.#awaitsContinue && !this.#body.isDone))
      this.#closes = true;
    this.wire.write(replyBytes(reply, { closes: this.#closes, isHead: this.#isHead }));
    this.onAnswerDone();
  }

  // From the upstream connection of the present try.

  onUpstreamFlushed(): void {
    this.#moved = true;
    this.#goOn();
  }

  /** A final answer begins. @param endsByClose its end cannot be told otherwise. Gives whether it has to say Connection: close. */
  onAnswer(endsByClose: boolean): boolean {
    this.#answerBegun = true;
    this.#moved = true;
    // An answer while the request still arrives: whatever comes after it on this connection could not be told apart.
    if (endsByClose || !this.#body.isDone || this.#ended || this.#options.context.draining()) this.#closes = true;
    return this.#closes;
  }

  /** Its last byte is written. */
  onAnswerDone(): void {
    this.#answerDone = true;
    if (this.#closes) this.#linger();
    else if (this.#body.isDone) this.#endExchange();
    // What is left of the body is dropped.
    else if (!this.#isPumping) this.#goOn();
  }

  /** From here on both sides say what they like. */
  onTunnel(): void {
    this.#answerBegun = true;
    this.#state = "tunnel";
    if (this.#ended) this.#exchange.upstream?.wire.end();
    this.#pump();
  }

  onTunnelClosed(): void {
    this.#close();
  }

  // Requests.

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (!this.inbox.isEmpty && this.#step());
    this.#isPumping = false;
  }

  /** Uses some of what came; false when no more of it can be used now. */
  #step(): boolean {
    switch (this.#state) {
      case "head":
        return this.#readHead();
      case "exchange":
        return this.#readBody();
      case "tunnel":
        this.#exchange.upstream?.wire.write(this.inbox.bytes.subarray(this.inbox.position, this.inbox.end));
        this.inbox.clear();
        return false;
      case "lingering":
      case "closed":
        this.inbox.clear();
        return false;
    }
  }

  #readHead(): boolean {
    const { inbox } = this;
    const head = this.#options.context.requestHead;
    const after = this.#skipEmptyLine() ? head.read(inbox.bytes, inbox.position, inbox.end) : INCOMPLETE;
    if (after === INCOMPLETE) {
      if (!this.#hasPartOfHead) this.#sinceMs = this.#options.context.nowMs();
      this.#hasPartOfHead = true;
      inbox.keep();
      return false;
    }
    if (head.fault !== undefined) {
      this.#refuse(head.fault.reason, head.fault.detail);
      return false;
    }
    const from = inbox.bytes;
    inbox.position = after;
    this.#begin(head, from);
    return true;
  }

  /** One before a request is forgiven (RFC 9112 section 2.2). False when that cannot be told yet. */
  #skipEmptyLine(): boolean {
    const { inbox } = this;
    if (inbox.bytes[inbox.position] !== CR) return true;
    if (inbox.end - inbox.position < 2) return false;
    if (inbox.bytes[inbox.position + 1] === LF) inbox.position += 2;
    return !inbox.isEmpty;
  }

  #begin(head: RequestHead, from: Buffer): void {
    const { context, path, route, peerIp } = this.#options;
    this.#requests++;
    this.#state = "exchange";
    this.#hasPartOfHead = false;
    this.#isHead = head.method === "HEAD";
    this.#isOld = head.minor === 0;
    this.#upgrades = head.upgrades;
    this.#awaitsContinue = head.expectsContinue;
    this.#answerBegun = false;
    this.#answerDone = false;
    this.#closes ||= head.closes || this.#requests >= MAX_REQUESTS;
    this.#body.begin(head);
    context.exchangeBegan(this);
    const decision = path.begin({ head, route, peerIp }, context.nowMs());
    if (decision.kind === "try") this.#writer.request(head, from, { peerIp, service: decision.attempt.cluster.name, word: context.word });
    this.#exchange.follow(decision);
  }

  /** False when what came has to wait. */
  #readBody(): boolean {
    if (this.#body.isDone) return false;
    if (this.#answerDone) return this.#dropBody();
    const { upstream, phase } = this.#exchange;
    if (upstream === undefined || phase === "connecting") return false;
    const progress = this.#body.forward(this.inbox, upstream.wire);
    if (progress === "done") this.#onRequestDone();
    else if (progress === "fault") this.#refuse("bad-request", `Refused: ${this.#body.fault}.`);
    return progress === "done" && !this.inbox.isEmpty;
  }

  /** The answer did not wait for the body, and is ours: what is left of the body is short. */
  #dropBody(): boolean {
    const progress = this.#body.drop(this.inbox);
    if (progress === "done") this.#onRequestDone();
    else if (progress === "fault") this.cut();
    return progress === "done";
  }

  #onRequestDone(): void {
    if (this.#answerDone) this.#endExchange();
  }

  #endExchange(): void {
    this.#options.context.exchangeEnded(this);
    this.#state = "head";
    this.#sinceMs = this.#options.context.nowMs();
    if (this.#ended && this.inbox.isEmpty) this.#close();
    else if (!this.#isPumping) this.#goOn();
  }

  #goOn(): void {
    this.#pump();
    this.#holdBack();
  }

  /** An answer of ours in place of everything else; or the end, where one has begun. */
  #refuse(reason: Reason, detail: string): void {
    if (this.#state === "head") {
      this.#state = "exchange";
      this.#isHead = false;
      this.#answerBegun = false;
      this.#options.context.exchangeBegan(this);
    }
    this.#body.giveUp();
    this.#exchange.abandon();
    this.#closes = true;
    if (this.#state === "exchange") this.onReply(this.#options.path.reply(reason, detail));
  }

  #linger(): void {
    this.#exchange.abandon();
    this.#options.context.exchangeEnded(this);
    this.#state = "lingering";
    this.#sinceMs = this.#options.context.nowMs();
    this.inbox.clear();
    if (this.#ended) this.#close();
    else this.wire.end();
  }

  #onSilence(): void {
    if (!this.#waitsForCaller()) return;
    if (this.#answerBegun) this.cut();
    else this.#refuse("request-timeout", `Nothing of the request came for ${SILENCE_MS / 1_000} s.`);
  }

  /** Waiting for the upstream is the deadline's matter. */
  #waitsForCaller(): boolean {
    const { upstream, phase } = this.#exchange;
    if (phase === "connecting") return false;
    if (!this.#body.isDone) return upstream?.wire.isFlushed !== false;
    return !this.wire.isFlushed;
  }

  #close(): void {
    if (this.#state === "closed") return;
    this.#leave();
    this.wire.close();
  }

  #leave(): void {
    if (this.#state === "closed") return;
    const before = this.#state;
    this.#state = "closed";
    if (before === "tunnel") this.#exchange.onTunnelEnd();
    else this.#exchange.abandon();
    if (before === "exchange" || before === "tunnel") this.#options.context.exchangeEnded(this);
    this.inbox.clear();
  }

  /** Nothing more is read while what came cannot be used, or has not left. */
  #holdBack(): void {
    const isUsed = this.inbox.isEmpty || this.#state === "head";
    if (isUsed && this.#exchange.upstream?.wire.isFlushed !== false) this.wire.resume();
    else this.wire.pause();
  }
}
