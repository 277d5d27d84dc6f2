import fc from "fast-check";
import { expect, test } from "vitest";
import { onChange, PUBLISH_CLOCKS, type Waiting } from "./publish-delay.js";

const { firstMs, quietMs, mostMs } = PUBLISH_CLOCKS;

/** When each change is published, changes being so far apart. */
function publishes(
  gapsMs: readonly number[],
): readonly { readonly changedMs: number; readonly publishedMs: number; readonly quietForMs: number }[] {
  const done: { changedMs: number; publishedMs: number; quietForMs: number }[] = [];
  let unpublished: { changedMs: number; quietForMs: number }[] = [];
  let waiting: Waiting | undefined;
  let lastPublishMs = Number.NEGATIVE_INFINITY;
  let nowMs = 0;
  const publishUntil = (untilMs: number) => {
    if (waiting === undefined || waiting.dueMs > untilMs) return;
    const publishedMs = waiting.dueMs;
    done.push(...unpublished.map((each) => ({ ...each, publishedMs })));
    [unpublished, waiting, lastPublishMs] = [[], undefined, publishedMs];
  };
  for (const gapMs of gapsMs) {
    nowMs += gapMs;
    publishUntil(nowMs);
    unpublished.push({ changedMs: nowMs, quietForMs: nowMs - Math.max(lastPublishMs, waiting?.sinceMs ?? Number.NEGATIVE_INFINITY) });
    waiting = onChange(waiting, nowMs, lastPublishMs);
  }
  publishUntil(Number.POSITIVE_INFINITY);
  return done;
}

test("whatever comes when, a change after quiet is published within 10 ms and every change within 500 ms", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(60), fc.nat(2_000), fc.constant(0)), { minLength: 1, maxLength: 200 }), (gapsMs) => {
      const all = publishes(gapsMs);
      expect(all).toHaveLength(gapsMs.length);
      for (const { changedMs, publishedMs, quietForMs } of all) {
        expect(publishedMs - changedMs).toBeLessThanOrEqual(quietForMs >= quietMs ? Math.max(firstMs, mostMs) : mostMs);
        expect(publishedMs).toBeGreaterThanOrEqual(changedMs);
      }
      const [first] = all;
      expect((first?.publishedMs ?? 0) - (first?.changedMs ?? 0)).toBe(firstMs);
    }),
  );
});

test("two publishes are never closer than the quiet, unless it was quiet between them", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(120), { minLength: 1, maxLength: 200 }), (gapsMs) => {
      const times = [...new Set(publishes(gapsMs).map(({ publishedMs }) => publishedMs))];
      for (const [index, time] of times.entries()) if (index > 0) expect(time - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(quietMs);
    }),
  );
});
