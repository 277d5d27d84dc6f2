import { FakeClock, MemoryStore, RecordedLog } from "@fairlead/shared/testing";
import { expect, test } from "vitest";
import { loadZxidFloors } from "./zxid-floors.js";

function setup() {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const store = new MemoryStore();
  return { clock, log, store, load: () => loadZxidFloors({ clock, log, store }) };
}

test("a floor survives a restart, at most a second behind", async () => {
  const { clock, store, load } = setup();
  const floors = await load();
  const floor = floors.floorOf("zk", ["a:1", "b:1"]);
  floor.raise(0x5_0000_0001n);
  floor.raise(7n);
  expect(store.saved).toBeUndefined();
  clock.advance(1_000);
  expect((await load()).floorOf("zk", ["b:1", "c:1"]).value).toBe(0x5_0000_0001n);
  floor.raise(0x5_0000_0002n);
  await floors.close();
  expect((await load()).floorOf("zk", ["a:1"]).value).toBe(0x5_0000_0002n);
  expect(clock.pendingCount).toBe(0);
});

test("another ensemble under the same name begins without a floor", async () => {
  const { load } = setup();
  const floors = await load();
  floors.floorOf("zk", ["a:1"]).raise(9n);
  expect(floors.floorOf("zk", ["x:1"]).value).toBe(0n);
});

test("a floor that was given up is given up after a restart too", async () => {
  const { load } = setup();
  const floors = await load();
  const floor = floors.floorOf("zk", ["a:1"]);
  floor.raise(9n);
  floor.giveUp();
  await floors.close();
  expect((await load()).floorOf("zk", ["a:1"]).value).toBe(0n);
});

test("what cannot be read or written is logged once, and the floor works in memory", async () => {
  const { clock, log, store, load } = setup();
  await store.save(Buffer.from("[]"), 0);
  const floor = (await load()).floorOf("zk", ["a:1"]);
  expect(log.count("zookeeper-floors-unreadable")).toBe(1);
  store.failure = "read-only file system";
  for (let zxid = 1n; zxid < 4n; zxid++) {
    floor.raise(zxid);
    clock.advance(1_000);
    await Promise.resolve();
    await Promise.resolve();
  }
  expect(log.count("zookeeper-floors-not-saved")).toBe(1);
  expect(floor.value).toBe(3n);
});
