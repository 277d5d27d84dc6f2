import { BucketCounts, type Metrics } from "@fairlead/shared";

/** From a watch that fires and is read at once to a burst that is merged for half a second, and what comes of a busy machine. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** From the event to the snapshot that has it, counted once per service and publish. */
export function changeHistogram(metrics: Metrics): BucketCounts {
  const counts = new BucketCounts(BUCKETS);
  const help = "From what was observed (a source's word, a verdict, an operator's) to the snapshot that has it, per service changed.";
  metrics.sampledHistogram({ name: "snapshot_change_seconds", help, buckets: BUCKETS }, () => [{ labels: {}, counts }]);
  return counts;
}
