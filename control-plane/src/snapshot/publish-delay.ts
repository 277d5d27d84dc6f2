/** First change within 10 ms, later ones merge: quiet 50 ms, at most 500 ms. A lone change is fast, a burst is one publish. */
export const PUBLISH_CLOCKS = { firstMs: 10, quietMs: 50, mostMs: 500 } as const;

/** A publish that waits. `since` is its oldest unpublished change; a change after quiet is not put off by those that follow it. */
export interface Waiting {
  readonly sinceMs: number;
  readonly dueMs: number;
  readonly afterQuiet: boolean;
}

/** When to publish, now that something changed. All times on the monotonic clock. */
export function onChange(waiting: Waiting | undefined, nowMs: number, lastPublishMs: number): Waiting {
  const { firstMs, quietMs, mostMs } = PUBLISH_CLOCKS;
  if (waiting === undefined) {
    const afterQuiet = nowMs - lastPublishMs >= quietMs;
    return { sinceMs: nowMs, dueMs: nowMs + (afterQuiet ? firstMs : quietMs), afterQuiet };
  }
  if (waiting.afterQuiet) return waiting;
  return { ...waiting, dueMs: Math.min(nowMs + quietMs, waiting.sinceMs + mostMs) };
}
