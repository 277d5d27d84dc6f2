// What happens on the streams, told to whoever wants to know (the fleet room, metrics). Called synchronously; must not throw.

import type { ResourceChange, XdsNode } from "./resource-set.js";

export interface StreamIdentity {
  /** Unique within this process. */
  readonly streamId: number;
  readonly node: XdsNode;
  /** Peer address as seen by the transport. */
  readonly peer: string;
  /** The name in the client's certificate; undefined without one, and then its address and node id are all there is. */
  readonly identity?: string | undefined;
  readonly variant: "sotw" | "delta";
}

export interface SentResponse {
  readonly nonce: string;
  readonly version: string;
  readonly resources: number;
  readonly bytes: number;
  /** The oldest change it brings, where it is sent because something changed and it is known when. */
  readonly change?: ResourceChange | undefined;
}

export interface Nack {
  readonly nonce: string;
  /** At most 4 KiB. */
  readonly reason: string;
  /** Names the client itself refused, where it says so in error_detail.details; empty otherwise. */
  readonly resources: readonly string[];
}

export interface StreamObserver {
  opened(stream: StreamIdentity): void;
  closed(stream: StreamIdentity, reason: string): void;
  subscribed(stream: StreamIdentity, typeUrl: string, names: readonly string[], wildcard: boolean): void;
  sent(stream: StreamIdentity, typeUrl: string, response: SentResponse): void;
  acked(stream: StreamIdentity, typeUrl: string, nonce: string, version: string): void;
  nacked(stream: StreamIdentity, typeUrl: string, nack: Nack): void;
  /** Something of this type waited `GATE_MS` for the client to answer for another type, and goes without. */
  gateExpired(stream: StreamIdentity, typeUrl: string): void;
}
