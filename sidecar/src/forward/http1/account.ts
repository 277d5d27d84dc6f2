// What is kept of one request for the counters and the access log, from its head to its end.

import type { EndReason } from "../end-reasons.js";
import type { Try } from "../engine.js";
import type { CallerOptions } from "./exchange-context.js";

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
  /** Of a request that got an endpoint. */
  attempt: Try | undefined;
  /** Of the answer that has begun. */
  status: number | undefined;
  /** The first that is said counts. */
  why: EndReason | undefined;
  /** Of a tunnel; a body's are told at the end. */
  bytesIn = 0;
  bytesOut = 0;
  noted = UNREAD;
  #beganMs = 0;

  begin(nowMs: number): void {
    this.attempt = undefined;
    this.status = undefined;
    this.why = undefined;
    this.bytesIn = 0;
    this.bytesOut = 0;
    this.noted = UNREAD;
    this.#beganMs = nowMs;
  }

  /** @param bodyBytes what came of the request's body */
  end({ context, route, peerIp }: CallerOptions, otherwise: EndReason, bodyBytes: number): void {
    const { edge } = context;
    const { attempt, status, bytesOut } = this;
    const reason = this.why ?? otherwise;
    const bytesIn = this.bytesIn + bodyBytes;
    this.attempt = undefined;
    edge.ended(reason);
    if (attempt !== undefined) {
      attempt.counters.bytesIn += bytesIn;
      attempt.counters.bytesOut += bytesOut;
    }
    if (edge.accessLog?.wants(reason, status) !== true) return;
    edge.accessLog.add({
      service: attempt?.cluster.name ?? (route.kind === "service" ? route.service : ""),
      ...this.noted,
      status,
      reason,
      endpoint: attempt?.lease.endpoint.endpoint.id,
      tries: attempt?.tries ?? 0,
      tookMs: context.nowMs() - this.#beganMs,
      bytesIn,
      bytesOut,
      peer: peerIp,
    });
  }
}
