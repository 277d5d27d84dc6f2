// What one stream did so far.

import type { Clock } from "@fairlead/shared";
import type { Nack, StreamIdentity } from "../xds/index.js";
import type { FleetNack, FleetStream, FleetType } from "./fleet.js";
import type { Subscribed } from "./name-counts.js";

/** Enough to recognise a sidecar by; the rest is a number. */
const NAMES_SHOWN = 100;

interface SentResponse {
  readonly nonce: string;
  readonly version: string;
  /** Wall time, for people. */
  readonly atMs: number;
  /** Monotonic, for ages. */
  readonly sinceMs: number;
}

interface TypeRecord {
  subscribed: Subscribed;
  sent: SentResponse | undefined;
  acked: { readonly version: string; readonly atMs: number } | undefined;
  nack: FleetNack | undefined;
  waiting: boolean;
}

const NOTHING: Subscribed = { names: [], wildcard: false };

export class StreamRecord {
  readonly identity: StreamIdentity;
  readonly #connectedAtMs: number;
  readonly #types = new Map<string, TypeRecord>();

  /** `connectedAtMs` is wall time. */
  constructor(identity: StreamIdentity, connectedAtMs: number) {
    this.identity = identity;
    this.#connectedAtMs = connectedAtMs;
  }

  /** Answers with what it replaces. */
  subscribe(typeUrl: string, subscribed: Subscribed): Subscribed {
    const type = this.#type(typeUrl);
    const before = type.subscribed;
    type.subscribed = subscribed;
    return before;
  }

  subscriptions(): readonly Subscribed[] {
    return [...this.#types.values()].map((type) => type.subscribed);
  }

  sent(typeUrl: string, { nonce, version }: { readonly nonce: string; readonly version: string }, clock: Clock): void {
    const type = this.#type(typeUrl);
    type.sent = { nonce, version, atMs: clock.wallMs(), sinceMs: clock.nowMs() };
    type.waiting = true;
  }

  acked(typeUrl: string, version: string, atMs: number): void {
    const type = this.#type(typeUrl);
    type.acked = { version, atMs };
    type.waiting = false;
  }

  nacked(typeUrl: string, { reason, resources }: Nack, atMs: number): void {
    const type = this.#type(typeUrl);
    type.nack = { reason, resources, version: type.sent?.version ?? "", atMs, count: (type.nack?.count ?? 0) + 1 };
    type.waiting = false;
  }

  /** The stream as it was when it ended. */
  end(clock: Clock, reason: string): FleetStream {
    return { ...this.view(clock.nowMs()), ended: { atMs: clock.wallMs(), reason } };
  }

  /** Types whose last response has waited for an answer longer than `longerThanMs`. */
  *unanswered(nowMs: number, longerThanMs: number): Iterable<string> {
    for (const [typeUrl, { waiting, sent }] of this.#types) {
      if (waiting && sent !== undefined && nowMs - sent.sinceMs > longerThanMs) yield typeUrl;
    }
  }

  view(nowMs: number): FleetStream {
    const { streamId, node, peer, identity, variant } = this.identity;
    return {
      streamId,
      nodeId: node.id,
      cluster: node.cluster,
      zone: node.zone,
      userAgent: [node.userAgentName, node.userAgentVersion].filter((part) => part !== "").join(" "),
      peer,
      identity,
      variant,
      connectedAtMs: this.#connectedAtMs,
      ended: undefined,
      types: [...this.#types].map(([typeUrl, type]) => typeView(typeUrl, type, nowMs)),
    };
  }

  #type(typeUrl: string): TypeRecord {
    let type = this.#types.get(typeUrl);
    if (type === undefined) {
      type = { subscribed: NOTHING, sent: undefined, acked: undefined, nack: undefined, waiting: false };
      this.#types.set(typeUrl, type);
    }
    return type;
  }
}

function typeView(typeUrl: string, { subscribed, sent, acked, nack, waiting }: TypeRecord, nowMs: number): FleetType {
  return {
    typeUrl,
    subscribed: { count: subscribed.names.length, names: subscribed.names.slice(0, NAMES_SHOWN), wildcard: subscribed.wildcard },
    sent: sent && { version: sent.version, nonce: sent.nonce, atMs: sent.atMs },
    acked,
    nack,
    unansweredMs: waiting && sent !== undefined ? nowMs - sent.sinceMs : undefined,
  };
}
