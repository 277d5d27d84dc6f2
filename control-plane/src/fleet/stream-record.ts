// What one stream did so far.

import type { Clock } from "@fairlead/shared";
import type { Nack, ResourceChange, SentResponse, StreamIdentity } from "../xds/index.js";
import { type ChangePhases, StreamChanges } from "./change-latency.js";
import type { FleetNack, FleetStream, FleetType } from "./fleet.js";
import type { Subscribed } from "./name-counts.js";

/** Enough to recognise a sidecar by; the rest is a number. */
const NAMES_SHOWN = 100;

interface LastSent {
  readonly nonce: string;
  readonly version: string;
  /** Wall time, for people. */
  readonly atMs: number;
  /** Monotonic, for ages. */
  readonly sinceMs: number;
  readonly change: ResourceChange | undefined;
}

interface TypeRecord {
  subscribed: Subscribed;
  sent: LastSent | undefined;
  acked: { readonly version: string; readonly atMs: number } | undefined;
  nack: FleetNack | undefined;
  waiting: boolean;
}

const NOTHING: Subscribed = { names: [], wildcard: false };

export class StreamRecord {
  readonly identity: StreamIdentity;
  readonly #connectedAtMs: number;
  readonly #types = new Map<string, TypeRecord>();
  readonly #phases: ChangePhases;
  #changes: StreamChanges | undefined;

  /** `connectedAtMs` is wall time; changes count in `phases`. */
  constructor(identity: StreamIdentity, connectedAtMs: number, phases: ChangePhases) {
    this.identity = identity;
    this.#connectedAtMs = connectedAtMs;
    this.#phases = phases;
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

  sent(typeUrl: string, { nonce, version, change }: Pick<SentResponse, "nonce" | "version" | "change">, clock: Clock): void {
    const type = this.#type(typeUrl);
    type.sent = { nonce, version, atMs: clock.wallMs(), sinceMs: clock.nowMs(), change };
    type.waiting = true;
  }

  acked(typeUrl: string, version: string, clock: Clock): void {
    const type = this.#type(typeUrl);
    type.acked = { version, atMs: clock.wallMs() };
    if (type.waiting && type.sent?.change !== undefined) this.#arrived(typeUrl, type.sent.change, type.sent.sinceMs, clock.nowMs());
    type.waiting = false;
  }

  #arrived(typeUrl: string, change: ResourceChange, sentMs: number, ackedMs: number): void {
    this.#changes ??= new StreamChanges();
    this.#changes.add(typeUrl, change, sentMs, ackedMs);
    this.#phases.sent.add((sentMs - change.publishedMs) / 1_000);
    this.#phases.acked.add((ackedMs - sentMs) / 1_000);
    this.#phases.total.add((ackedMs - change.eventMs) / 1_000);
  }

  nacked(typeUrl: string, { reason, resources }: Nack, atMs: number): void {
    const type = this.#type(typeUrl);
    type.nack = { reason, resources, version: type.sent?.version ?? "", atMs, count: (type.nack?.count ?? 0) + 1 };
    type.waiting = false;
  }

  /** The stream as it was when it ended. */
  end(clock: Clock, reason: string): FleetStream {
    return { ...this.view(clock), ended: { atMs: clock.wallMs(), reason } };
  }

  /** Types whose last response has waited for an answer longer than `longerThanMs`. */
  *unanswered(nowMs: number, longerThanMs: number): Iterable<string> {
    for (const [typeUrl, { waiting, sent }] of this.#types) {
      if (waiting && sent !== undefined && nowMs - sent.sinceMs > longerThanMs) yield typeUrl;
    }
  }

  view(clock: Clock): FleetStream {
    const nowMs = clock.nowMs();
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
      changes: this.#changes?.view((ms) => clock.wallMs() - (nowMs - ms)),
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
