// What our sidecars say in load reports (LRS) beyond the standard's counts, in places where other servers read past it.

/** Named metric (`load_metric_stats`): milliseconds that the tries with a connection took together. */
export const LATENCY_METRIC = "fairlead.latency_ms";

/** Why tries failed: no connection, no answer in time, a connection or answer that broke off, or an answer from 500 on. */
export const ERROR_KINDS = ["connect", "timeout", "broken", "5xx"] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

/** Named metric with the number of tries that failed so, as requests and as total. */
export function errorMetric(kind: ErrorKind): string {
  return `fairlead.errors.${kind}`;
}

/** Under `UpstreamEndpointStats.metadata["fairlead"]`: the text of a `LatencySketch` of the same tries. */
export const LATENCY_SKETCH = "latency";
