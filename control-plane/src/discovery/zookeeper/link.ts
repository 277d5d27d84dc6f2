// The seam between the session's state machine and one TCP connection to one server. A link lives once: after `down` or
// `expired` the session opens a new one, and nothing of the old one (half a frame, a queue, watches) can leak into it.

import type { ZooKeeperAuthSettings, ZooKeeperTlsSettings } from "../../config/index.js";
import type { Answer, WatchEvent, ZnodeReads, ZnodeWrites } from "./connection.js";
import type { Loss } from "./outage.js";

/** What is needed to resume a session on another connection. */
export interface SessionTicket {
  /** Hexadecimal. */
  readonly sessionId: string;
  /** Hexadecimal. */
  readonly password: string;
}

/** How the servers know us and we know them. */
export interface Access {
  readonly auth?: ZooKeeperAuthSettings;
  readonly tls?: ZooKeeperTlsSettings;
}

export interface LinkOptions {
  readonly access: Access;
  readonly host: string;
  readonly port: number;
  readonly sessionTimeoutMs: number;
  /** Absent: a new session. */
  readonly resume: SessionTicket | undefined;
}

/** Called at most until `down` or `expired`, which come once and last; never before `OpenLink` returned. */
export interface LinkEvents {
  up(session: { readonly ticket: SessionTicket; readonly sessionTimeoutMs: number }): void;
  down(loss: Loss): void;
  /** The server does not know the session any more. */
  expired(): void;
  watch(event: WatchEvent): void;
}

/** Requests that are unanswered when the connection goes stay unanswered: only `down` tells of it. */
export interface Link extends ZnodeReads, ZnodeWrites {
  /** Asks for any answer at all. */
  ping(answer: Answer<void>): void;
  /** How far the server was in its newest reply: the highest transaction it had applied. 0n before the first. */
  readonly seenZxid: bigint;
  /** Cuts the connection; the session stays at the server until it times out. No event follows. */
  destroy(): void;
  /** Ends the session at the server if it can, then cuts. No event follows. */
  end(): void;
}

export type OpenLink = (options: LinkOptions, events: LinkEvents) => Link;
