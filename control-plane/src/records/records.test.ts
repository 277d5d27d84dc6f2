import type { ServiceName } from "@fairlead/shared";
import { FakeClock, MemoryStore } from "@fairlead/shared/testing";
import { expect, test } from "vitest";
import { nextLineage, Records } from "./records.js";

test("each start on one state directory is the next epoch of one lineage", async () => {
  const store = new MemoryStore();
  expect(await nextLineage(store, "uuid-1", 0)).toEqual({ lineage: "uuid-1", epoch: 1, failure: undefined });
  expect(await nextLineage(store, "uuid-2", 0)).toEqual({ lineage: "uuid-1", epoch: 2, failure: undefined });
});

test("a disk that refuses gives a lineage of its own, and says why", async () => {
  const store = new MemoryStore();
  await nextLineage(store, "uuid-1", 0);
  store.failure = "read-only file system";
  expect(await nextLineage(store, "uuid-2", 0)).toEqual({ lineage: "uuid-2", epoch: 1, failure: "read-only file system" });
});

test("a saved lineage of another shape is replaced and reported", async () => {
  const store = new MemoryStore();
  await store.save(Buffer.from("[]"), 0);
  expect(await nextLineage(store, "uuid-1", 0)).toEqual({ lineage: "uuid-1", epoch: 1, failure: "the saved lineage has another shape" });
});

test("confirmations are bounded: the oldest makes room", () => {
  const records = new Records(new FakeClock());
  for (let index = 0; index <= 1_000; index++) records.confirm(`s${index}` as ServiceName, { author: "ops", reason: "test" });
  expect(records.confirmations.value.size).toBe(1_000);
  expect(records.confirmations.value.has("s0" as ServiceName)).toBe(false);
});
