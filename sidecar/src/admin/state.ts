// What the sidecar's admin port reads. Everything here is owned by another room.

import type { Clock, Metrics, Watchable } from "@fairlead/shared";
import type { ClusterTable } from "../clusters/index.js";
import type { FallbackStatus } from "../fallback/index.js";
import type { ClusterCounters, Edge, Engine, LoadShed, StreamCounters } from "../forward/index.js";
import type { Connection, XdsState } from "../xds/index.js";

export interface AdminState {
  readonly node: { readonly id: string; readonly cluster: string; readonly zone: string };
  readonly version: string;
  readonly startedAtMs: number;
  readonly upstreams: readonly string[];
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly table: Watchable<ClusterTable>;
  readonly xds: Watchable<XdsState>;
  readonly connection: Watchable<Connection>;
  readonly fallback: Watchable<FallbackStatus>;
  /** What was counted of requests, by service. */
  readonly counters: ReadonlyMap<string, ClusterCounters>;
  /** Answers to requests that named no service, by reason. */
  readonly replies: ReadonlyMap<string, number>;
  /** What was counted of TCP connections, by service. */
  readonly streams: ReadonlyMap<string, StreamCounters>;
  /** Who has to leave which endpoint. */
  readonly engine: Pick<Engine, "leaving" | "moved" | "endDraining">;
  /** What is counted of callers and limits. */
  readonly edge: Edge;
  /** What is refused because this process is overloaded. */
  readonly shed: LoadShed;
  /** Set once the process was told to stop. */
  readonly draining: Watchable<boolean>;
}
