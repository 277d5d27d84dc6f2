// The seam between what the source wants to know and the session that asks ZooKeeper.

import type { Closable, Result, Watchable } from "@fairlead/shared";
import type { Access } from "./link.js";
import type { LossKind } from "./outage.js";
import type { ZxidFloor } from "./zxid-floors.js";

/** The part of a znode's Stat that matters here. Transaction ids are 64 bits wide. */
export interface ZnodeStat {
  /** Transaction that created the znode. */
  readonly czxid: bigint;
  /** Transaction that last changed its data. */
  readonly mzxid: bigint;
  /** Transaction that last changed its list of children. */
  readonly pzxid: bigint;
}

export interface Children {
  readonly names: readonly string[];
  readonly stat: ZnodeStat;
}

export interface ZnodeData {
  readonly data: Uint8Array;
  readonly stat: ZnodeStat;
}

/** "There is no such znode" is an answer; everything else is a failure to answer. */
export type ReadFailure =
  | { readonly kind: "no-node" }
  | { readonly kind: "failed"; readonly reason: string; readonly trouble?: ReadTrouble };
/** What a server refuses on a connection that is well, until somebody changes something. */
export type ReadTrouble = "no-auth" | "too-large";
export type Answer<T> = (result: Result<T, ReadFailure>) => void;

/** A watch fires once. It is a hint to read again, never data. */
export interface WatchEvent {
  readonly kind: "created" | "deleted" | "data" | "children";
  readonly path: string;
}

/** Each read also sets a watch. The answer may come before the call returns only when it is a failure. */
export interface ZnodeReads {
  children(path: string, answer: Answer<Children>): void;
  data(path: string, answer: Answer<ZnodeData>): void;
  /** Whether the znode is there; its creation or deletion is watched either way. */
  exists(path: string, answer: Answer<boolean>): void;
}

/** What a session that takes part in something writes. Nothing is sent later than now: a write that cannot leave fails. */
export interface ZnodeWrites {
  /** An ephemeral one goes with the session. */
  create(path: string, data: Uint8Array, lives: "persistent" | "ephemeral", answer: Answer<"created" | "exists">): void;
  write(path: string, data: Uint8Array, answer: Answer<void>): void;
}

/** `sinceMs` is wall time, of the moment sight was lost: a session that then expires keeps it. */
export type SessionState =
  /** Never connected in the life of this process; why not, once that is known. */
  | { readonly kind: "connecting"; readonly cause?: string }
  | {
      readonly kind: "connected";
      readonly sessionId: string;
      /** `host:port`. */
      readonly server: string;
      /** What the server granted. */
      readonly sessionTimeoutMs: number;
      /** Grows when the floor was given up: transaction ids from before it cannot be compared any more. */
      readonly history: number;
    }
  | { readonly kind: "disconnected"; readonly sinceMs: number; readonly cause: string }
  | { readonly kind: "expired"; readonly sinceMs: number; readonly cause: string };

/** Reads on their way. */
export interface ReadLoad {
  /** Sent and unanswered. */
  readonly outstanding: number;
  /** Not sent yet, because too many are. */
  readonly waiting: number;
}

/** All watches are lost with `connected`: whoever set them reads again when it comes back. */
export interface ZooKeeperConnection extends ZnodeReads, ZnodeWrites, Closable {
  readonly state: Watchable<SessionState>;
  readonly load: ReadLoad;
  /**
   * An operator says that what the servers know now is the truth, though we have seen more (they were restored from a backup).
   * False when no server is behind.
   */
  believeServers(): boolean;
}

export interface ConnectOptions {
  readonly access: Access;
  /** `host:port`; tried in turn, in random order. */
  readonly servers: readonly string[];
  /** What is asked of the server; it may grant another. */
  readonly sessionTimeoutMs: number;
  /** A server below it is not believed. */
  readonly floor: ZxidFloor;
  readonly onWatch: (event: WatchEvent) => void;
  readonly onLoss: (kind: LossKind) => void;
  readonly onFloorGivenUp: (because: FloorEnd) => void;
}

/** Who ended the doubt in servers that are behind. */
export type FloorEnd = "time" | "operator";

export type Connect = (options: ConnectOptions) => ZooKeeperConnection;
