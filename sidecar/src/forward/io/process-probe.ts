import { monitorEventLoopDelay } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { LoadProbe } from "../load-shed.js";

const NANOS_PER_MS = 1_000_000;
/** How often the loop is looked at; a loop that is never late is measured as late by this much. */
const RESOLUTION_MS = 20;

/** This process, as it is. */
export function processProbe(): LoadProbe {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return {
    loopDelayMs() {
      const meanMs = histogram.mean / NANOS_PER_MS;
      histogram.reset();
      return Number.isFinite(meanMs) ? Math.max(0, meanMs - RESOLUTION_MS) : 0;
    },
    heapShare() {
      const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
      return used / limit;
    },
  };
}
