import type { EndpointState } from "../../endpoint/index.js";
import type { ClusterCounters } from "../cluster-counters.js";
import type { Edge, ListenerCounts } from "../edge.js";
import type { RequestPath, RouteBy } from "../engine.js";
import type { HedgeWatch } from "../hedging.js";
import type { RequestHead } from "./request-head.js";
import type { Upstream } from "./upstream.js";

/** What the connections of one engine share. */
export interface ExchangeContext {
  readonly nowMs: () => number;
  /** 0 to 2^32-1, for request ids. */
  readonly word: () => number;
  /** Read and used up within one turn, so that one is enough for all. */
  readonly requestHead: RequestHead;
  readonly draining: () => boolean;
  readonly hedges: HedgeWatch;
  readonly edge: Edge;
  /** A connection that can be used for one exchange: kept from an earlier one, or being opened. */
  readonly upstreamTo: (endpoint: EndpointState, counters: ClusterCounters) => Upstream;
  readonly exchangeBegan: () => void;
  readonly exchangeEnded: () => void;
}

export interface CallerOptions {
  readonly context: ExchangeContext;
  readonly path: RequestPath;
  readonly route: RouteBy;
  readonly peerIp: string;
  readonly counts: ListenerCounts;
}
