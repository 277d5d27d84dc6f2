// What is kept of one TCP connection for the counters and the access log, from its accept to its end.

import type { EndpointId } from "@fairlead/shared";
import type { Edge } from "../edge.js";
import type { EndReason } from "../end-reasons.js";

export interface AcceptedStream {
  readonly service: string;
  readonly peer: string;
  readonly beganMs: number;
}

export class StreamAccount {
  readonly #edge: Edge;
  readonly #accepted: AcceptedStream;
  /** From the caller, and to it, as far as they were passed on. */
  bytesIn = 0;
  bytesOut = 0;
  #endpoint: EndpointId | undefined;
  #tries = 0;

  constructor(edge: Edge, accepted: AcceptedStream) {
    this.#edge = edge;
    this.#accepted = accepted;
  }

  tries(endpoint: EndpointId): void {
    this.#endpoint = endpoint;
    this.#tries++;
  }

  /** It is over, however it went: counted and logged. To be called once. */
  end(reason: EndReason, nowMs: number): void {
    const { accessLog } = this.#edge;
    this.#edge.ended(reason);
    if (accessLog?.wants(reason, undefined) !== true) return;
    const { service, peer, beganMs } = this.#accepted;
    const { bytesIn, bytesOut } = this;
    accessLog.addStream({
      service,
      reason,
      endpoint: this.#endpoint,
      tries: this.#tries,
      tookMs: nowMs - beganMs,
      bytesIn,
      bytesOut,
      peer,
    });
  }
}
