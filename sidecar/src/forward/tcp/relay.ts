// A TCP connection of a caller and the one to its endpoint, without the connections: bytes as they come, both ways.

import type { FailureCode, Outcome } from "../../balancer/index.js";
import type { EndpointState } from "../../endpoint/index.js";
import type { DrainingTenant } from "../draining.js";
import type { Edge } from "../edge.js";
import type { EndReason } from "../end-reasons.js";
import { Inbox } from "../http1/inbox.js";
import type { Wire, WireEvents } from "../http1/wire.js";
import { LIMITS } from "../limits.js";
import { StreamAccount } from "./stream-account.js";
import type { StreamEnd } from "./stream-counters.js";
import type { Stream, StreamPath } from "./stream-path.js";

/** What one read brings at most; beyond it the copies cost more than they save. */
const MOST_READ_BYTES = 256 * 1_024;

const IDLE_MS = LIMITS["tunnel-silence"].value;
const LINGER_MS = LIMITS["linger-time"].value;

/** What the relays of one engine share. */
export interface RelayContext {
  readonly nowMs: () => number;
  readonly edge: Edge;
  /** Opens a connection that tells `end` what happens to it. */
  readonly connect: (endpoint: EndpointState, end: RelayEnd) => Wire;
  /** Both connections are over. */
  readonly over: (relay: Relay) => void;
}

/** One side of a relay. */
export class RelayEnd implements WireEvents {
  readonly inbox = new Inbox(0, MOST_READ_BYTES);
  readonly #relay: Relay;
  /** Set before the first event. */
  wire: Wire | undefined;
  /** Its FIN has come. */
  hasEnded = false;
  isClosed = false;

  constructor(relay: Relay) {
    this.#relay = relay;
  }

  onConnected(): void {
    this.#relay.onConnected(this);
  }

  onReceived(length: number): void {
    this.inbox.receive(length);
    this.#relay.onReceived(this);
  }

  onFlushed(): void {
    this.#relay.onFlushed(this);
  }

  onEnd(): void {
    this.hasEnded = true;
    this.#relay.onEnd(this);
  }

  onClosed(code: string | undefined): void {
    this.isClosed = true;
    this.#relay.onClosed(this, code);
  }
}

/** `leaving`: both were told to go. */
type Phase = "connecting" | "open" | "leaving" | "over";

export class Relay implements DrainingTenant {
  readonly caller: RelayEnd;
  readonly #context: RelayContext;
  readonly #path: StreamPath;
  #phase: Phase = "connecting";
  #stream: Stream | undefined;
  #account: StreamAccount | undefined;
  #upstream: RelayEnd | undefined;
  #connectDueMs = Number.POSITIVE_INFINITY;
  #moved = true;
  #movedMs = 0;
  /** The endpoint has sent something. */
  #answered = false;

  constructor(context: RelayContext, path: StreamPath) {
    this.#context = context;
    this.#path = path;
    this.caller = new RelayEnd(this);
  }

  /** The caller's wire is set. */
  begin(service: string, peerIp: string): void {
    const nowMs = this.#context.nowMs();
    this.#account = new StreamAccount(this.#context.edge, { service, peer: peerIp, beganMs: nowMs });
    const opened = this.#path.open(service, peerIp, nowMs);
    if (opened.ok) {
      this.#stream = opened.value;
      this.#connect(opened.value);
    } else {
      this.#account.end(opened.error, nowMs);
      this.#finish();
    }
  }

  // What drains.

  get endpoint(): EndpointState | undefined {
    return this.#stream?.lease.endpoint;
  }

  get service(): string | undefined {
    return this.#stream?.service;
  }

  get occupancy(): object | undefined {
    return this.#stream;
  }

  get isOpenEnded(): boolean {
    return true;
  }

  /** An orderly end for both: FIN after what was written. */
  sendAway(): void {
    if (this.#phase === "connecting") this.#connectFailed("connect-timeout");
    if (this.#phase !== "open") return;
    this.#settle({ kind: "success", status: 200 }, "sent-away", "stream-moved");
    this.#phase = "leaving";
    this.#movedMs = this.#context.nowMs();
    for (const end of this.#ends()) {
      end.wire?.end();
      end.wire?.resume();
    }
  }

  /** Ends it by RST, whatever it was doing. */
  cut(how: StreamEnd = "sent-away", why: EndReason = "drain-cut"): void {
    this.#settle(this.#answered ? { kind: "success", status: 200 } : { kind: "abandoned" }, how, why);
    this.#finish();
  }

  /** Called a few times a second: everything that ends because time has passed. */
  sweep(nowMs: number): void {
    if (this.#phase === "connecting") {
      if (nowMs >= this.#connectDueMs) this.#connectFailed("connect-timeout");
    } else if (this.#phase === "leaving") {
      if (nowMs - this.#movedMs < LINGER_MS) return;
      this.#context.edge.limits.hit("linger-time");
      this.#finish();
    } else if (this.#phase === "open") {
      if (this.#moved) this.#movedMs = nowMs;
      this.#moved = false;
      if (nowMs - this.#movedMs < IDLE_MS) return;
      this.#context.edge.limits.hit("tunnel-silence");
      this.cut("idle", "stream-silent");
    }
  }

  // From the ends.

  onConnected(end: RelayEnd): void {
    const stream = this.#stream;
    if (end !== this.#upstream || this.#phase !== "connecting" || stream === undefined) return;
    const nowMs = this.#context.nowMs();
    this.#phase = "open";
    this.#movedMs = nowMs;
    this.#path.connected(stream, nowMs);
    if (!this.caller.inbox.isEmpty) this.onReceived(this.caller);
    if (this.caller.hasEnded) end.wire?.end();
    if (end.wire?.isFlushed === true) this.caller.wire?.resume();
  }

  onReceived(from: RelayEnd): void {
    this.#moved = true;
    if (this.#phase === "connecting") {
      // Kept where they are until the connection stands: the next read would write over them.
      from.wire?.pause();
      return;
    }
    const { inbox } = from;
    const to = this.#other(from);
    if (this.#phase === "open" && to?.wire !== undefined) {
      this.#count(from, inbox.end - inbox.position);
      to.wire.write(inbox.bytes.subarray(inbox.position, inbox.end));
      if (!to.wire.isFlushed) from.wire?.pause();
    }
    inbox.clear();
  }

  onFlushed(end: RelayEnd): void {
    this.#moved = true;
    if (this.#phase !== "connecting") this.#other(end)?.wire?.resume();
  }

  onEnd(end: RelayEnd): void {
    this.#moved = true;
    if (this.#phase === "open") this.#other(end)?.wire?.end();
  }

  onClosed(end: RelayEnd, code: string | undefined): void {
    if (this.#phase === "over") return;
    if (end !== this.caller && end !== this.#upstream) return;
    if (this.#phase === "connecting" && end === this.#upstream) {
      this.#connectFailed(code === "ECONNREFUSED" ? "connect-refused" : "connect-failed");
      return;
    }
    if (this.#phase === "leaving") {
      if (this.#ends().every(({ isClosed }) => isClosed)) this.#finish();
      return;
    }
    const isOrderly = code === undefined && this.caller.hasEnded && this.#upstream?.hasEnded === true;
    if (!isOrderly) {
      this.#settle(this.#outcomeOfReset(end), "reset", end === this.caller ? "stream-caller-reset" : "stream-reset");
      this.#finish();
      return;
    }
    this.#settle({ kind: "success", status: 200 }, "whole", "stream-closed");
    if (this.#ends().every(({ isClosed }) => isClosed)) this.#finish();
  }

  /** Bytes from the endpoint are a success whoever broke off after them. */
  #outcomeOfReset(by: RelayEnd): Outcome {
    if (this.#answered) return { kind: "success", status: 200 };
    return by === this.caller ? { kind: "abandoned" } : { kind: "failure", code: "reset", sent: true };
  }

  #connect(stream: Stream): void {
    const end = new RelayEnd(this);
    this.#upstream = end;
    this.#account?.tries(stream.lease.endpoint.endpoint.id);
    this.#connectDueMs = this.#context.nowMs() + stream.cluster.config.connectTimeoutMs;
    end.wire = this.#context.connect(stream.lease.endpoint, end);
  }

  #connectFailed(code: FailureCode): void {
    const stream = this.#stream;
    const failed = this.#upstream;
    this.#upstream = undefined;
    if (failed?.isClosed === false) failed.wire?.reset();
    if (stream === undefined) return;
    const nowMs = this.#context.nowMs();
    if (this.#path.connectFailed(stream, code, nowMs)) this.#connect(stream);
    else {
      this.#account?.end("upstream-unreachable", nowMs);
      this.#stream = undefined;
      this.#finish();
    }
  }

  #settle(outcome: Outcome, how: StreamEnd, why: EndReason): void {
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream === undefined) return;
    const nowMs = this.#context.nowMs();
    this.#path.ended(stream, outcome, how, nowMs);
    this.#account?.end(why, nowMs);
  }

  /** A side that is open still is broken off, so that nobody takes half for the whole. */
  #finish(): void {
    if (this.#phase === "over") return;
    this.#phase = "over";
    for (const end of this.#ends()) {
      end.inbox.clear();
      if (!end.isClosed) end.wire?.reset();
    }
    this.#context.over(this);
  }

  #count(from: RelayEnd, bytes: number): void {
    const counters = this.#stream?.counters;
    const account = this.#account;
    if (from === this.#upstream) this.#answered = true;
    if (counters === undefined || account === undefined) return;
    if (from === this.caller) {
      counters.bytesUp += bytes;
      account.bytesIn += bytes;
    } else {
      counters.bytesDown += bytes;
      account.bytesOut += bytes;
    }
  }

  #other(end: RelayEnd): RelayEnd | undefined {
    return end === this.caller ? this.#upstream : this.caller;
  }

  #ends(): readonly RelayEnd[] {
    return this.#upstream === undefined ? [this.caller] : [this.caller, this.#upstream];
  }
}
