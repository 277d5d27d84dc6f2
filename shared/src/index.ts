export { type BackoffRange, fullJitterMs } from "./backoff.js";
export type { Clock, Timer } from "./clock.js";
export { type Closable, closeAll } from "./closable.js";
export * from "./config/index.js";
export type { DurableStore, Loaded } from "./durable/store.js";
export { contentHash, EMPTY_SET, memberHash, type SetHash, versionOfAll, versionOfSet } from "./hash.js";
export { changedKeys, LayeredMap } from "./layered-map.js";
export {
  type Address,
  BALANCER_POLICIES,
  type BalancerPolicy,
  canonicalIp,
  DEFAULT_WEIGHT,
  DEFAULT_ZONE,
  DURATION_PATTERN,
  durationMs,
  type EndpointId,
  endpointId,
  FAIRLEAD_METADATA,
  ipRange,
  isPort,
  isWeight,
  MAX_WEIGHT,
  PROTOCOLS,
  type Protocol,
  parseAddress,
  type ServiceName,
  serviceName,
  splitHostPort,
} from "./model.js";
export { fail, ok, type Result } from "./result.js";
export { below, type Rng, seeded } from "./rng.js";
export { BucketCounts } from "./telemetry/bucket-counts.js";
export { LatencySketch } from "./telemetry/latency-sketch.js";
export { ERROR_KINDS, type ErrorKind, errorMetric, LATENCY_METRIC, LATENCY_SKETCH } from "./telemetry/load-details.js";
export { LOG_LEVELS, type Log, type LogFields, type LogLevel } from "./telemetry/log.js";
export {
  type CounterMetric,
  type GaugeMetric,
  type HistogramMetric,
  type HistogramSample,
  type Labels,
  type Metrics,
  newMetrics,
  type Sample,
} from "./telemetry/metrics.js";
export { Cell, type Keyed, KeyedCell, type Watchable } from "./watchable.js";
