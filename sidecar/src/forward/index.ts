export { ClusterCounters, LATENCY_BOUNDS_MS, STATUS_CLASSES } from "./cluster-counters.js";
export type { Engine, ListenerSpec, Listening, RouteBy } from "./engine.js";
export type { LeavingEndpoint } from "./draining.js";
export { REPLY_REASONS, type Reason } from "./local-reply.js";
export { ForwardPath, type ForwardPathOptions } from "./request-path.js";
export type { RoutingTable } from "./routing.js";
export { STREAM_ENDS, type StreamCounters } from "./tcp/stream-counters.js";
