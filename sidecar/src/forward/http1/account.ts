// What is kept of one request for the counters and the access log, from its head to its end.

import type { EndReason } from "../end-reasons.js";
import type { Try } from "../engine.js";
import type { LimitName } from "../limits.js";
import type { LocalReply } from "../local-reply.js";
import type { CallerOptions } from "./exchange-context.js";
import { broughtId, type HeadWriter } from "./head-writer.js";
import { Pace } from "./pace.js";
import type { RequestHead } from "./request-head.js";

/** What the access log says of a request besides what is known anyway. */
interface Noted {
  readonly method: string;
  readonly path: string;
  readonly requestId: string;
}

/** Of a request that could not be read, and where there is no access log. */
const UNREAD: Noted = { method: "", path: "", requestId: "" };

/** Reused for the requests of one connection, which come one after the other. */
export class Account {
  readonly pace: Pace;
  /** Of a request that got an endpoint. */
  attempt: Try | undefined;
  /** Of the answer that has begun. */
  status: number | undefined;
  /** Why it ends where that is not plain; the first that is said counts. */
  why: EndReason | undefined;
  /** It had to wait for a place. */
  waited = false;
  /** It had two tries at once. */
  hedged = false;
  /** Of a tunnel; a body's are told at the end. */
  bytesIn = 0;
  bytesOut = 0;
  readonly #options: CallerOptions;
  #noted = UNREAD;
  #isTunnel = false;
  #beganMs = 0;

  constructor(options: CallerOptions) {
    this.#options = options;
    this.pace = new Pace(options.context.nowMs());
  }

  /** A request is there. */
  begin(nowMs: number): void {
    this.attempt = undefined;
    this.status = undefined;
    this.why = undefined;
    this.waited = false;
    this.hedged = false;
    this.bytesIn = 0;
    this.bytesOut = 0;
    this.#noted = UNREAD;
    this.#isTunnel = false;
    this.#beganMs = nowMs;
    this.pace.restart(nowMs);
    this.#options.context.exchangeBegan();
  }

  /** Its head could be read. @param from the bytes that it was read from @param writer wrote it last; undefined where it is not to be sent */
  note(head: RequestHead, from: Buffer, writer: HeadWriter | undefined): void {
    const { accessLog } = this.#options.context.edge;
    if (accessLog === undefined) return;
    const requestId = writer === undefined ? broughtId(head, from) : writer.requestId(head, from);
    this.#noted = { method: head.method, path: accessLog.pathOf(head.path), requestId };
  }

  /** For a place, and has none yet. */
  get isWaiting(): boolean {
    return this.waited && this.attempt === undefined;
  }

  hit(limit: LimitName | undefined): void {
    if (limit !== undefined) this.#options.context.edge.limits.hit(limit);
  }

  replied({ reason, status, body }: LocalReply, isHead: boolean): void {
    if (reason === "overloaded") this.hit(this.waited ? "queue-time" : "queued-requests");
    this.why = reason;
    this.status = status;
    this.bytesOut = isHead ? 0 : body.length;
  }

  becameTunnel(): void {
    this.status = 101;
    this.#isTunnel = true;
    this.#options.counts.tunnels++;
  }

  /** Through a tunnel, to the caller. */
  tunnelled(length: number): void {
    this.pace.moved();
    this.bytesOut += length;
  }

  /** It is over, however it went: counted and logged once. @param bodyBytes what came of the request's body */
  end(isAnswered: boolean, bodyBytes: number): void {
    const { context, counts } = this.#options;
    const reason = this.why ?? (this.#isTunnel ? "tunnel-closed" : isAnswered ? "answered" : "caller-gone");
    this.bytesIn += bodyBytes;
    if (this.#isTunnel) counts.tunnels--;
    context.edge.ended(reason);
    if (this.attempt !== undefined) {
      this.attempt.counters.bytesIn += this.bytesIn;
      this.attempt.counters.bytesOut += this.bytesOut;
    }
    if (context.edge.accessLog?.wants(reason, this.status) === true) this.#log(reason);
    this.attempt = undefined;
    context.exchangeEnded();
  }

  #log(reason: EndReason): void {
    const { context, route, peerIp } = this.#options;
    const { attempt, status, bytesIn, bytesOut } = this;
    context.edge.accessLog?.add({
      service: attempt?.cluster.name ?? (route.kind === "service" ? route.service : ""),
      ...this.#noted,
      status,
      reason,
      endpoint: attempt?.lease.endpoint.endpoint.id,
      tries: attempt?.tries ?? 0,
      hedged: this.hedged || undefined,
      tookMs: context.nowMs() - this.#beganMs,
      bytesIn,
      bytesOut,
      peer: peerIp,
    });
  }
}
