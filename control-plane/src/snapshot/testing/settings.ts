import type { ServiceSettings } from "../../config/index.js";

/** Defaults as the configuration gives them, with a TCP check unless told otherwise. */
export function settingsWith(over: Partial<ServiceSettings> = {}): ServiceSettings {
  return {
    protocol: "http1",
    lb: { policy: "least-request" },
    timeoutMs: 15_000,
    safety: "standard",
    unlisted: "remove",
    merge: "union",
    check: { type: "tcp", intervalMs: 5_000, fastIntervalMs: 1_000, timeoutMs: 1_000, rise: 2, fall: 3, pauseToleranceMs: 0 },
    retries: { attempts: 1, budgetPercent: 20 },
    ...over,
  };
}
