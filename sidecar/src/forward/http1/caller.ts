// The caller's side of a connection, without the connection: requests one after the other, each from its head to the end of its answer.

import type { EndReason } from "../end-reasons.js";
import type { Try } from "../engine.js";
import { LIMITS } from "../limits.js";
import { type LocalReply, type Reason, replyBytes } from "../local-reply.js";
import { Account } from "./account.js";
import { Exchange, type ExchangeCaller, serviceTo } from "./exchange.js";
import type { CallerOptions } from "./exchange-context.js";
import { INCOMPLETE } from "./field-table.js";
import { HeadWriter, KeptHead, withTimeLeft } from "./head-writer.js";
import { Inbox } from "./inbox.js";
import { RequestBody } from "./request-body.js";
import type { RequestHead } from "./request-head.js";
import { Stay } from "./stay.js";
import type { Upstream } from "./upstream.js";
import type { Wire, WireEvents } from "./wire.js";

const HEAD_MS = LIMITS["head-time"].value;
const MAX_DROPPED_BODY = LIMITS["dropped-body"].value;
/** Used within one turn, so that one is enough for all connections. */
const WRITER = new HeadWriter();
const CONTINUE = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n");

/**
 * `head`: waits for a request, or has part of its head. `exchange`: a request is under way. `lingering`: the last answer is written, and
 * what still comes is dropped (RFC 9112 section 9.6). `tunnel`: bytes go both ways as they come.
 */
type State = "head" | "exchange" | "lingering" | "tunnel" | "closed";

export class Caller implements WireEvents, ExchangeCaller {
  readonly inbox = new Inbox(0);
  readonly wire: Wire;
  readonly account: Account;
  readonly stay: Stay;
  /** Called once what was written to the caller has left. */
  whenFlushed: (() => void) | undefined;
  readonly #options: CallerOptions;
  readonly #exchange: Exchange;
  readonly #body = new RequestBody();
  readonly #head = new KeptHead();
  #state: State = "head";
  #requests = 0;
  /** Since when it is in its state; with a part of a head, since that came. NaN until the sweep sees it. */
  #sinceMs = Number.NaN;
  #hasPartOfHead = true;
  /** What ends an exchange within the loop that reads requests leaves the next one to it. */
  #isPumping = false;
  /** The caller has sent its FIN. */
  #ended = false;
  // Of the present request.
  isHead = false;
  isOld = false;
  upgrades = false;
  #awaitsContinue = false;
  #answerBegun = false;
  #answerDone = false;
  #closes = false;

  constructor(wire: Wire, options: CallerOptions) {
    this.wire = wire;
    this.#options = options;
    this.#exchange = new Exchange(options.context, options.path, this);
    this.account = new Account(options);
    this.stay = new Stay(this, this.#exchange, options.context);
  }

  /** Whether a request, or what became of it, is under way. */
  get isBusy(): boolean {
    return this.#state === "exchange" || this.#state === "tunnel";
  }

  /** Whether the whole request has been taken over. */
  get isRequestDone(): boolean {
    return this.#body.isDone;
  }

  // From the connection.

  onReceived(length: number): void {
    this.account.pace.received(length);
    this.inbox.receive(length);
    this.#goOn();
  }

  onFlushed(): void {
    this.account.pace.moved();
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
      case "tunnel":
        this.#exchange.upstream?.wire.end();
        break;
      default:
        // As Node and Envoy see it, who says no more will not listen either. What of an answer is written still leaves.
        this.#close();
    }
  }

  onClosed(): void {
    this.#leave();
  }

  // From the clock and the engine.

  /** Called a few times a second. */
  sweep(nowMs: number): void {
    if (this.#state === "exchange") this.#exchange.sweep(nowMs);
    this.stay.sweep(nowMs);
    if (this.#state === "exchange" || this.#state === "tunnel") this.#sweepPace(nowMs);
    if (Number.isNaN(this.#sinceMs)) this.#sinceMs = nowMs;
    const age = nowMs - this.#sinceMs;
    if (this.#state === "lingering" && age >= LIMITS["linger-time"].value) {
      this.account.hit("linger-time");
      this.cut();
    } else if (this.#state === "head" && age >= (this.#hasPartOfHead ? HEAD_MS : LIMITS["idle-time"].value)) {
      this.account.hit(this.#hasPartOfHead ? "head-time" : "idle-time");
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
    else if (this.#state !== "lingering") this.cut("drain-cut");
  }

  /** Ends it by RST, whatever it was doing: an answer that has begun and will not be finished must look broken. */
  cut(why?: EndReason): void {
    if (this.#state === "closed") return;
    this.account.why ??= why;
    this.#leave();
    this.wire.reset();
  }

  // From the exchange.

  onUpstream(upstream: Upstream, attempt: Try): void {
    upstream.expect(this, this.#options.context.edge.marksAnswers ? attempt.mark : undefined);
    const head = withTimeLeft(this.#head.bytes, attempt.leftMs(this.#options.context.nowMs()));
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
      this.cut(reply.reason);
      return;
    }
    this.#answerBegun = true;
    this.account.replied(reply, this.isHead);
    // A body that was not asked for may never come.
    if (this.#body.left > MAX_DROPPED_BODY) this.account.hit("dropped-body");
    if (
      reply.closes ||
      this.#options.context.draining() ||
      this.#body.left > MAX_DROPPED_BODY ||
      (this.#awaitsContinue && !this.#body.isDone)
    )
      this.#closes = true;
    this.wire.write(replyBytes(reply, { closes: this.#closes, isHead: this.isHead }));
    this.onAnswerDone();
  }

  onUpstreamFlushed(): void {
    this.account.pace.moved();
    this.#goOn();
  }

  /** A final answer begins. @param endsByClose its end cannot be told otherwise. Gives whether it has to say Connection: close. */
  onAnswer(endsByClose: boolean, status: number): boolean {
    this.#answerBegun = true;
    this.account.status = status;
    this.account.pace.moved();
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
    this.account.becameTunnel();
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
        this.account.bytesIn += this.inbox.end - this.inbox.position;
        this.#exchange.upstream?.wire.write(this.inbox.bytes.subarray(this.inbox.position, this.inbox.end));
        this.inbox.clear();
        return false;
      default:
        this.inbox.clear();
        return false;
    }
  }

  #readHead(): boolean {
    const { inbox } = this;
    const head = this.#options.context.requestHead;
    const after = inbox.skipEmptyLines() ? head.read(inbox.bytes, inbox.position, inbox.end) : INCOMPLETE;
    if (after === INCOMPLETE) {
      if (!this.#hasPartOfHead) this.#sinceMs = Number.NaN;
      this.#hasPartOfHead = true;
      inbox.keep();
      return false;
    }
    if (head.fault !== undefined) {
      this.account.hit(head.fault.limit);
      this.#refuse(head.fault.reason, head.fault.detail);
      return false;
    }
    inbox.position = after;
    this.#begin(head, inbox.bytes);
    return true;
  }

  #begin(head: RequestHead, from: Buffer): void {
    const { context, path, route, peerIp } = this.#options;
    const isLast = ++this.#requests >= LIMITS["connection-requests"].value;
    this.#state = "exchange";
    this.#hasPartOfHead = false;
    this.isHead = head.method === "HEAD";
    this.isOld = head.minor === 0;
    this.upgrades = head.upgrades;
    this.#awaitsContinue = head.expectsContinue;
    this.#answerBegun = false;
    this.#answerDone = false;
    if (isLast) this.account.hit("connection-requests");
    this.#closes ||= head.closes || isLast;
    this.#body.begin(head, context.edge.maxBodyBytes);
    const nowMs = context.nowMs();
    this.account.begin(nowMs);
    const decision = this.#body.isTooLong ? undefined : path.begin({ head, route, peerIp }, nowMs);
    const service = decision === undefined ? undefined : serviceTo(decision);
    if (service !== undefined) {
      WRITER.request(head, from, { peerIp, service, word: context.word });
      this.#head.keep(WRITER);
    }
    this.account.note(head, from, service === undefined ? undefined : WRITER);
    if (decision === undefined) this.#refuseBody();
    else this.#exchange.follow(decision);
  }

  /** False when what came has to wait. */
  #readBody(): boolean {
    if (this.#body.isDone) return false;
    if (this.#answerDone) return this.#dropBody();
    const { upstream, phase } = this.#exchange;
    if (upstream === undefined || phase === "connecting") return false;
    const progress = this.#body.forward(this.inbox, upstream.wire);
    if (progress === "fault") this.#refuseBody();
    else if (progress === "done" && this.#answerDone) this.#endExchange();
    return progress === "done" && !this.inbox.isEmpty;
  }

  /** The answer did not wait for the body, and is ours: what is left of the body is short. */
  #dropBody(): boolean {
    const progress = this.#body.drop(this.inbox);
    if (progress === "done") this.#endExchange();
    else if (progress === "fault") this.cut();
    return progress === "done";
  }

  #refuseBody(): void {
    this.account.hit(this.#body.limit);
    this.#refuse(this.#body.fault.reason, this.#body.fault.detail);
  }

  #endExchange(): void {
    this.account.end(this.#answerDone, this.#body.bytes);
    this.#state = "head";
    this.#sinceMs = Number.NaN;
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
      this.isHead = false;
      this.#answerBegun = false;
      this.#answerDone = false;
      this.#body.forget();
      this.account.begin(this.#options.context.nowMs());
    }
    this.#body.giveUp();
    this.#exchange.abandon();
    this.#closes = true;
    if (this.#state === "exchange") this.onReply(this.#options.path.reply(reason, detail));
  }

  #linger(): void {
    this.#exchange.abandon();
    this.account.end(this.#answerDone, this.#body.bytes);
    this.#state = "lingering";
    this.#sinceMs = Number.NaN;
    this.inbox.clear();
    if (this.#ended) this.#close();
    else this.wire.end();
  }

  #sweepPace(nowMs: number): void {
    const awaited = this.#state === "tunnel" ? "tunnel" : this.#exchange.awaited(this.#body.isDone, this.wire.isFlushed);
    const late = this.account.pace.late(nowMs, awaited);
    if (late === undefined) return;
    this.account.hit(late.limit);
    if (this.#answerBegun) this.cut(late.why);
    else this.#refuse("request-timeout", late.detail);
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
    if (before === "exchange" || before === "tunnel") this.account.end(this.#answerDone, this.#body.bytes);
    this.inbox.clear();
  }

  /** Nothing more is read while what came cannot be used, or has not left. */
  #holdBack(): void {
    const isUsed = this.inbox.isEmpty || this.#state === "head";
    if (isUsed && this.#exchange.upstream?.wire.isFlushed !== false) this.wire.resume();
    else this.wire.pause();
  }
}
