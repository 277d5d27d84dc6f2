import { seeded } from "@fairlead/shared";
import { FakeClock } from "@fairlead/shared/testing";
import { expect, test } from "vitest";
import { type AccessEntry, AccessLog, type AccessLogSettings } from "./access-log.js";
import { LIMITS } from "./limits.js";

const ENTRY: AccessEntry = {
  service: "shop",
  method: "GET",
  path: "/a",
  status: 200,
  reason: "answered",
  endpoint: "10.0.0.1:80",
  tries: 1,
  tookMs: 1.23456,
  bytesIn: 0,
  bytesOut: 2,
  requestId: "r-1",
  peer: "127.0.0.1",
};

/** A log whose reader takes a write when `take` is called. */
function logOf(settings: Partial<AccessLogSettings> = {}) {
  const clock = new FakeClock();
  const writes: string[] = [];
  const waiting: (() => void)[] = [];
  const output = {
    write: (lines: string, done: () => void) => {
      writes.push(lines);
      waiting.push(done);
    },
  };
  const log = new AccessLog({ mode: "all", rate: 0, query: false, ...settings }, { output, clock, rng: seeded(1) });
  return { log, clock, writes, take: () => waiting.shift()?.() };
}

test("a line is JSON of everything that is known, and lines leave together after a moment", () => {
  const { log, clock, writes } = logOf();
  log.add(ENTRY);
  log.add({ ...ENTRY, reason: "caller-gone", status: undefined });
  expect(writes).toEqual([]);
  clock.advance(100);
  expect(writes).toHaveLength(1);
  const lines = (writes[0] ?? "")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toMatchObject([{ ...ENTRY, event: "request", tookMs: 1.235 }, { reason: "caller-gone" }]);
});

test("a TCP connection has a line of its own kind, without the fields of a request", () => {
  const { log, clock, writes } = logOf();
  const { method: _m, path: _p, status: _s, requestId: _r, ...common } = ENTRY;
  log.addStream({ ...common, reason: "stream-moved" });
  clock.advance(100);
  const line: unknown = JSON.parse(writes[0] ?? "");
  expect(line).toEqual({ ...common, reason: "stream-moved", event: "connection", time: expect.any(String), tookMs: 1.235 });
});

test("a query is left out unless it is asked for, and long paths are cut", () => {
  expect(logOf().log.pathOf("/a?token=secret")).toBe("/a");
  expect(logOf({ query: true }).log.pathOf("/a?b")).toBe("/a?b");
  expect(logOf().log.pathOf(`/${"x".repeat(5_000)}`)).toHaveLength(1_024);
});

test("errors and statuses from 500 are wanted by every mode but off, good ones by all, and their share by sampled", () => {
  const wanted = (settings: Partial<AccessLogSettings>) => {
    const { log } = logOf(settings);
    return [log.wants("answered", 200), log.wants("answered", 404), log.wants("answered", 500), log.wants("caller-gone", undefined)];
  };
  expect(wanted({ mode: "all" })).toEqual([true, true, true, true]);
  expect(wanted({ mode: "errors" })).toEqual([false, false, true, true]);
  expect(wanted({ mode: "sampled", rate: 0 })).toEqual([false, false, true, true]);
  const { log } = logOf({ mode: "sampled", rate: 0.25 });
  const share = Array.from({ length: 4_000 }, () => Number(log.wants("answered", 200))).reduce((sum, one) => sum + one, 0) / 4_000;
  expect(share).toBeGreaterThan(0.22);
  expect(share).toBeLessThan(0.28);
});

test("while nobody reads, so much is kept and the rest dropped and counted; when they read again it goes on", () => {
  const { log, clock, writes, take } = logOf();
  for (let count = 0; count < 10_000; count++) log.add(ENTRY);
  clock.advance(100);
  const kept = log.written;
  expect(log.dropped).toBe(10_000 - kept);
  expect(kept * 200).toBeLessThan(LIMITS["access-log-bytes"].value);
  expect(writes).toHaveLength(1);
  take();
  take();
  const dropped = log.dropped;
  log.add(ENTRY);
  clock.advance(100);
  expect(log.dropped).toBe(dropped);
  expect(writes.join("").split("\n").length - 1).toBe(kept + 1);
});

test("closing lets the last lines leave, and does not wait for ever", async () => {
  const { log, clock, writes, take } = logOf();
  log.add(ENTRY);
  const closed = log.close(1_000);
  expect(writes).toHaveLength(1);
  take();
  await closed;
  log.add(ENTRY);
  const stuck = log.close(1_000);
  clock.advance(1_000);
  await stuck;
});
