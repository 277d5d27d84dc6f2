import { Cell, newMetrics, type ServiceName } from "@fairlead/shared";
import { FakeClock, MemoryStore, RecordedLog } from "@fairlead/shared/testing";
import { expect, test } from "vitest";
import { endpointAt } from "../discovery/testing/fake-source.js";
import { serviceSnapshot } from "./build.js";
import { SnapshotKeeper } from "./keeper.js";
import type { Snapshot } from "./snapshot.js";
import { settingsWith } from "./testing/settings.js";

function snapshotOf(version: string): Snapshot {
  return {
    version,
    position: "l/1/1",
    publishedAtMs: 0,
    services: new Map(),
    withheld: new Map(),
    refused: new Map(),
    complete: { kind: "complete" },
    bootWaitOver: false,
    unheard: new Set(),
  };
}

/** Lets the saves that were started settle: they are promises, not timers. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

test("a disk that refuses is said once, counted, shown, and tried again until it takes", async () => {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const metrics = newMetrics();
  const store = new MemoryStore();
  store.failure = "ENOSPC: no space left on device";
  const snapshot = new Cell(snapshotOf("1"));
  const keeper = new SnapshotKeeper({ clock, log, metrics, store, snapshot });
  for (let attempt = 0; attempt < 3; attempt++) {
    clock.advance(5_000);
    await settle();
  }
  expect(log.count("snapshot-not-saved")).toBe(1);
  expect(keeper.state.value.failure?.reason).toContain("ENOSPC");
  expect(await metrics.expose()).toMatch(/fairlead_snapshot_save_failures_total 3/);
  store.failure = undefined;
  clock.advance(5_000);
  await settle();
  expect(keeper.state.value.failure).toBeUndefined();
  expect(log.count("snapshot-saves-again")).toBe(1);
  await keeper.close();
  expect(clock.pendingCount).toBe(0);
});

test("a burst of publishes is one save a second, and the newest is what is saved", async () => {
  const clock = new FakeClock();
  const store = new MemoryStore();
  const snapshot = new Cell(snapshotOf("0"));
  const keeper = new SnapshotKeeper({ clock, log: new RecordedLog(), metrics: newMetrics(), store, snapshot });
  for (let version = 1; version <= 50; version++) {
    snapshot.set(snapshotOf(String(version)));
    clock.advance(40);
    await settle();
  }
  expect(store.saved?.sequence).toBeLessThanOrEqual(3);
  await keeper.close();
});

test("a snapshot of 12 MB is saved every three seconds at most, and the newest is what is saved", async () => {
  const clock = new FakeClock();
  const store = new MemoryStore();
  const endpoint = { ...endpointAt(1), place: "x".repeat(12_000_000) };
  const content = {
    settings: settingsWith({}),
    endpoints: [{ endpoint, health: "healthy", sources: [], sinceMs: 0 }],
    awaiting: [],
  } as const;
  const shop = serviceSnapshot({ ...content, name: "shop" as ServiceName, origin: { kind: "live" } }, undefined);
  const large = (version: string): Snapshot => ({ ...snapshotOf(version), services: new Map([[shop.name, shop]]) });
  const snapshot = new Cell(large("0"));
  const keeper = new SnapshotKeeper({ clock, log: new RecordedLog(), metrics: newMetrics(), store, snapshot });
  for (let version = 1; version <= 60; version++) {
    clock.advance(100);
    await settle();
    snapshot.set(large(String(version)));
  }
  expect(store.saved?.sequence).toBe(2);
  clock.advance(3_100);
  await settle();
  expect(store.saved?.sequence).toBe(3);
  await keeper.close();
});
