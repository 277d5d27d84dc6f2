// What an engine's connections share besides their sockets: what they are asked to do, and what is counted of them.

import type { AccessLog } from "./access-log.js";
import { END_REASONS, type EndReason } from "./end-reasons.js";
import type { RouteBy } from "./engine.js";
import { LIMITS, LimitHits } from "./limits.js";

/** Callers' connections to one listener. */
export class ListenerCounts {
  open = 0;
  accepted = 0;
  /** Beyond the limit of connections. */
  refused = 0;
  /** Of the open ones: WebSockets. */
  tunnels = 0;
}

export interface EdgeOptions {
  readonly accessLog?: AccessLog | undefined;
  readonly marksAnswers?: boolean;
  readonly maxBodyBytes?: number;
  readonly maxConnections?: number;
}

export class Edge {
  /** Undefined where it is off. */
  readonly accessLog: AccessLog | undefined;
  /** Answers name the endpoint and the version of the assignment that it was picked from. */
  readonly marksAnswers: boolean;
  readonly maxBodyBytes: number;
  /** Per listener. */
  readonly maxConnections: number;
  readonly limits = new LimitHits();
  /** By service, and `http` for the Host-routed one. */
  readonly listeners = new Map<string, ListenerCounts>();
  readonly #ends = new Map<EndReason, number>(END_REASONS.map((reason) => [reason, 0]));

  constructor(options: EdgeOptions = {}) {
    this.accessLog = options.accessLog;
    this.marksAnswers = options.marksAnswers ?? false;
    this.maxBodyBytes = options.maxBodyBytes ?? LIMITS["body-bytes"].value;
    this.maxConnections = options.maxConnections ?? LIMITS.connections.value;
  }

  /** Requests by why they ended as they did. */
  get ends(): ReadonlyMap<EndReason, number> {
    return this.#ends;
  }

  ended(reason: EndReason): void {
    this.#ends.set(reason, (this.#ends.get(reason) ?? 0) + 1);
  }

  listener(route: RouteBy): ListenerCounts {
    const name = route.kind === "service" ? route.service : "http";
    let counts = this.listeners.get(name);
    if (counts === undefined) {
      counts = new ListenerCounts();
      this.listeners.set(name, counts);
    }
    return counts;
  }
}
