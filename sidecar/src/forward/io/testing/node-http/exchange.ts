import { type ClientRequest, type IncomingMessage, request as openRequest, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock } from "@fairlead/shared";
import type { FailureCode, Outcome } from "../../../../balancer/index.js";
import { EXPECTED_TIMEOUT, hasPassed, stepDeadline } from "../../../../resilience/index.js";
import type { Decision, RequestPath, RouteBy, Try, Waiting } from "../../../engine.js";
import { reportedLoadOf } from "../../../load-metrics.js";
import { type LocalReply, RETRIED } from "../../../local-reply.js";
import { breakOff } from "./break-off.js";
import { downstreamHeaders, FAILS_CHECKS, upstreamHeaders } from "./headers.js";
import { lingerAtEnd } from "./linger.js";
import { type CheckedHead, checkRequestHead } from "./request-head.js";
import { checkResponseHead } from "./response-head.js";
import type { UpstreamPools } from "./upstream-pools.js";

/** Longest silence of a caller in the middle of its request, or of one that does not read its answer. */
const CALLER_IDLE_MS = 30_000;
/** Interim answers taken from an upstream; more is a flood. */
const MAX_INTERIM = 32;
/** An unread body up to here is read and dropped to keep the connection; beyond it closing is cheaper. */
const MAX_DROPPED_BODY = 64 * 1_024;
const MAX_UPSTREAM_HEAD = 32 * 1_024;

export interface ExchangeContext {
  readonly clock: Clock;
  readonly pools: UpstreamPools;
  readonly newRequestId: () => string;
  /** Answers say Connection: close. */
  readonly draining: () => boolean;
  readonly ended: (exchange: Exchange) => void;
}

/** Where the present try is. `over`: nothing is under way upstream. */
type Phase = "over" | "connecting" | "waiting" | "streaming";

/** One request and its answer between a caller and, one after the other, the endpoints it is tried at. */
export class Exchange {
  readonly #context: ExchangeContext;
  readonly #path: RequestPath;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #head: CheckedHead | undefined;
  /** To be sent, to whichever endpoint. */
  #headers: string[] | undefined;
  #attempt: Try | undefined;
  #waiting: Waiting | undefined;
  #upstream: ClientRequest | undefined;
  #phase: Phase = "over";
  #connectDueMs = Number.POSITIVE_INFINITY;
  #interim = 0;
  #closes = false;
  /** The caller waits for 100 before it sends its body. */
  #awaitsContinue = false;
  #movedBytes = -1;
  #movedMs: number;

  constructor(context: ExchangeContext, path: RequestPath, request: IncomingMessage, response: ServerResponse) {
    this.#context = context;
    this.#path = path;
    this.#request = request;
    this.#response = response;
    this.#movedMs = context.clock.nowMs();
    // An aborted request emits an error only where somebody listens for anything else; the close of the answer says it all.
    request.on("error", ignore);
    response.on("error", ignore);
    response.on("close", () => this.end());
  }

  /** @param awaitsContinue the request says `Expect: 100-continue`; it is told once an endpoint is connected that can have its body */
  start(route: RouteBy, awaitsContinue: boolean): void {
    this.#awaitsContinue = awaitsContinue;
    const { method = "", url = "", httpVersion, rawHeaders, socket } = this.#request;
    const checked = checkRequestHead({ method, target: url, version: httpVersion, headers: rawHeaders });
    if (!checked.ok) {
      this.#reply(this.#path.reply(checked.error.reason, checked.error.detail));
      return;
    }
    this.#head = checked.value;
    this.#follow(this.#path.begin({ head: checked.value, route, peerIp: socket.remoteAddress ?? "unknown" }, this.#context.clock.nowMs()));
  }

  /** Called a few times a second: everything that ends because time has passed. */
  sweep(nowMs: number): void {
    if (this.#waiting !== undefined && hasPassed(this.#waiting.dueMs, nowMs)) this.#endWait(true);
    const attempt = this.#attempt;
    if (attempt !== undefined && hasPassed(this.#phase === "streaming" ? attempt.deadlineMs : attempt.tryDueMs, nowMs))
      this.#fail("timeout", this.#phase !== "connecting");
    else if (this.#phase === "connecting" && hasPassed(this.#connectDueMs, nowMs)) this.#fail("connect-timeout", false);
    else if (attempt !== undefined && this.#phase === "waiting" && this.#path.isStranded(attempt, nowMs)) this.#fail("timeout", true);
    if (this.#hasMoved()) this.#movedMs = nowMs;
    else if (nowMs - this.#movedMs >= CALLER_IDLE_MS) this.#onSilence();
  }

  /** Whether bytes that do not parse came in the middle of this request, not after it. */
  get isArriving(): boolean {
    return !this.#request.complete;
  }

  /** The connection ends with this answer. */
  closeAfter(): void {
    this.#closes = true;
    if (this.#response.writableFinished) this.#request.socket.destroySoon();
    else if (this.#response.headersSent) this.#response.once("finish", () => this.#request.socket.destroySoon());
  }

  /** For a place among the requests under way. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** No more time: an answer if none has begun, or the end. */
  cutOff(): void {
    this.#abandon();
    if (this.#response.headersSent) this.#cut();
    else this.#reply(this.#path.reply("draining", "The sidecar's drain ended before the service answered."));
  }

  /** Ends the exchange with our own answer, or by cutting it off where an answer has begun. */
  refuse(reply: LocalReply): void {
    this.#abandon();
    this.#reply(reply);
  }

  /** The answer is written or the caller is gone: what is still under way upstream is for nobody. Once or more. */
  end(): void {
    this.#abandon();
    this.#context.ended(this);
  }

  get connection(): Duplex {
    return this.#request.socket;
  }

  #follow(decision: Decision): void {
    switch (decision.kind) {
      case "try":
        this.#send(decision.attempt);
        break;
      case "wait":
        this.#wait(decision.waiting);
        break;
      case "answer":
        this.#reply(decision.reply);
        break;
      case "done":
        break;
    }
  }

  get #hasBody(): boolean {
    const framing = this.#head?.framing;
    return framing?.kind === "chunked" || (framing?.kind === "length" && framing.bytes > 0);
  }

  #send(attempt: Try): void {
    const { ip, port } = attempt.lease.endpoint.endpoint;
    const head = this.#head;
    if (head === undefined) return;
    const { method, path } = head;
    this.#headers ??= upstreamHeaders(head, {
      peerIp: this.#request.socket.remoteAddress ?? "unknown",
      service: attempt.cluster.name,
      newRequestId: this.#context.newRequestId,
    });
    const nowMs = this.#context.clock.nowMs();
    this.#attempt = attempt;
    this.#phase = "connecting";
    this.#connectDueMs = stepDeadline(attempt.deadlineMs, nowMs, attempt.cluster.config.connectTimeoutMs);
    const agent = this.#context.pools.of(attempt.lease.endpoint);
    const upstream = openRequest({
      agent,
      host: ip,
      port,
      method,
      path,
      headers: [...this.#headers, EXPECTED_TIMEOUT, String(attempt.leftMs(nowMs))],
      setHost: false,
      maxHeaderSize: MAX_UPSTREAM_HEAD,
    });
    this.#upstream = upstream;
    upstream.on("socket", (socket) => this.#onSocket(upstream, socket));
    upstream.on("information", () => this.#onInterim(upstream));
    upstream.on("upgrade", (_, socket) => {
      socket.destroy();
      this.#onUpstreamError(upstream, "bad-response");
    });
    upstream.on("response", (answer) => this.#onAnswer(upstream, answer));
    upstream.on("error", (error: NodeJS.ErrnoException) => this.#onUpstreamError(upstream, undefined, error));
    if (!this.#hasBody) upstream.end();
  }

  #onSocket(upstream: ClientRequest, socket: Socket): void {
    if (socket.connecting) socket.once("connect", () => this.#onConnected(upstream));
    else this.#onConnected(upstream);
  }

  /** Only now is the body taken from the caller: a connect that fails leaves it whole for another try. */
  #onConnected(upstream: ClientRequest): void {
    const attempt = this.#attempt;
    if (upstream !== this.#upstream || attempt === undefined) return;
    this.#phase = "waiting";
    attempt.reused = upstream.reusedSocket;
    attempt.lease.opened();
    if (!this.#hasBody) return;
    attempt.bodyTaken = true;
    if (this.#awaitsContinue) this.#response.writeContinue();
    this.#awaitsContinue = false;
    upstream.flushHeaders();
    this.#request.pipe(upstream);
  }

  /** 100 and 103 are not passed on: the caller's 100 was answered at its own connection, hints are optional. */
  #onInterim(upstream: ClientRequest): void {
    this.#interim++;
    if (this.#interim > MAX_INTERIM) this.#onUpstreamError(upstream, "bad-response");
  }

  #onAnswer(upstream: ClientRequest, answer: IncomingMessage): void {
    const attempt = this.#attempt;
    if (upstream !== this.#upstream || attempt === undefined) return;
    const { statusCode: status = 0, statusMessage: statusText = "", httpVersion: version, rawHeaders } = answer;
    if (!checkResponseHead({ status, statusText, version, headers: rawHeaders }).ok) {
      this.#fail("bad-response", true);
      return;
    }
    attempt.answerBegan(status, this.#context.clock.nowMs(), {
      retryAfter: answer.headers["retry-after"],
      failsChecks: answer.headers[FAILS_CHECKS] !== undefined,
    });
    const load = reportedLoadOf(rawHeaders);
    if (load !== undefined) attempt.lease.reported(load, this.#context.clock.nowMs());
    this.#phase = "streaming";
    const headers = downstreamHeaders(rawHeaders);
    const cookie = attempt.setCookie;
    if (cookie !== undefined) headers.push("Set-Cookie", cookie);
    if (attempt.retriedLine(status) !== undefined) headers.push(RETRIED, String(attempt.tries - 1));
    // An answer while the request still arrives: whatever comes after it on this connection could not be told apart.
    if (this.#mustClose() || !this.#request.complete) this.#closeWith(headers);
    this.#response.writeHead(status, statusText, headers);
    answer.on("error", (error: NodeJS.ErrnoException) => this.#onUpstreamError(upstream, undefined, error));
    answer.on("end", () => this.#onAnswerEnd(upstream, status));
    answer.pipe(this.#response);
  }

  #onAnswerEnd(upstream: ClientRequest, status: number): void {
    if (upstream !== this.#upstream) return;
    if (!upstream.writableFinished) this.#dropUpstream();
    this.#settle({ kind: "success", status });
    this.#request.resume();
  }

  #onUpstreamError(upstream: ClientRequest, code?: FailureCode, error?: NodeJS.ErrnoException): void {
    if (upstream !== this.#upstream) return;
    if (this.#phase === "connecting") this.#fail(error?.code === "ECONNREFUSED" ? "connect-refused" : "connect-failed", false);
    else this.#fail(code ?? (error?.code?.startsWith("HPE_") ? "bad-response" : "reset"), true);
  }

  #fail(code: FailureCode, sent: boolean): void {
    const isCut = this.#phase === "streaming";
    this.#dropUpstream();
    this.#settle({ kind: "failure", code, sent });
    if (isCut) this.#cut();
  }

  /** Gives the try back, exactly once, and does what follows from it. */
  #settle(outcome: Outcome): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    this.#attempt = undefined;
    this.#upstream = undefined;
    this.#phase = "over";
    this.#follow(this.#path.outcome(attempt, outcome, this.#context.clock.nowMs()));
  }

  #wait(waiting: Waiting): void {
    this.#waiting = waiting;
    waiting.onTurn = (decision) => {
      this.#waiting = undefined;
      this.#follow(decision);
    };
  }

  #endWait(isLate: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) this.#follow(waiting.end(isLate));
  }

  #abandon(): void {
    this.#dropUpstream();
    this.#endWait(false);
    this.#settle({ kind: "abandoned" });
  }

  /** The listeners stay, so that a late error has somebody to hear it; they see that it is not theirs any more. */
  #dropUpstream(): void {
    const upstream = this.#upstream;
    this.#upstream = undefined;
    if (upstream === undefined) return;
    this.#request.unpipe(upstream);
    upstream.destroy();
  }

  #reply(reply: LocalReply): void {
    const response = this.#response;
    if (response.headersSent || response.destroyed) {
      this.#cut();
      return;
    }
    const headers = [...reply.headers];
    if (reply.closes || this.#mustClose() || this.#unreadBody() > MAX_DROPPED_BODY) this.#closeWith(headers);
    response.writeHead(reply.status, headers);
    response.end(reply.body);
    this.#request.resume();
  }

  #closeWith(headers: string[]): void {
    headers.push("Connection", "close");
    if (!this.#request.complete) lingerAtEnd(this.#request.socket, this.#context.clock);
  }

  #cut(): void {
    breakOff(this.#request.socket);
  }

  #mustClose(): boolean {
    return this.#closes || this.#context.draining();
  }

  #unreadBody(): number {
    if (this.#request.complete) return 0;
    const length = this.#request.headers["content-length"];
    return length === undefined ? Number.POSITIVE_INFINITY : Number(length);
  }

  /** The caller is silent in its request, or does not read its answer; waiting for the upstream is the deadline's matter. */
  #onSilence(): void {
    if (!this.#waitsForCaller()) return;
    this.#abandon();
    if (this.#response.headersSent) this.#cut();
    else this.#reply(this.#path.reply("request-timeout", `Nothing of the request came for ${CALLER_IDLE_MS / 1_000} s.`));
  }

  #waitsForCaller(): boolean {
    // The connect's own limit, or an answer before ours on this connection: neither is the caller's doing.
    if (this.#phase === "connecting" || this.#response.socket === null) return false;
    // Not read any further because the upstream takes no more; or not sent.
    if (!this.#request.complete) return this.#upstream?.writableNeedDrain !== true;
    return this.#response.writableLength > 0;
  }

  #hasMoved(): boolean {
    const { bytesRead, bytesWritten } = this.#request.socket;
    const upstream = this.#upstream?.socket;
    const moved = bytesRead + bytesWritten + (upstream?.bytesRead ?? 0) + (upstream?.bytesWritten ?? 0);
    if (moved === this.#movedBytes) return false;
    this.#movedBytes = moved;
    return true;
  }
}

function ignore(): void {}
