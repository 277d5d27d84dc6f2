import { fail, seeded } from "@fairlead/shared";
import { FakeClock } from "@fairlead/shared/testing";
import { expect, test } from "vitest";
import { ChildList, type Listing } from "./child-list.js";
import { HandDrivenReads } from "./testing/hand-driven-reads.js";

function listUnderTest() {
  const reads = new HandDrivenReads();
  const clock = new FakeClock();
  const seen: Listing["kind"][] = [];
  const list = new ChildList("/crowd", { reads, clock, rng: seeded(1) }, ({ kind }) => seen.push(kind));
  return { reads, clock, seen, list };
}

test("a list that is too large is asked for again by its own clock, however often it changes", () => {
  const { reads, clock, seen, list } = listUnderTest();
  const refuse = (index: number) => reads.lists[index]?.(fail({ kind: "failed", reason: "too large", trouble: "too-large" }));
  list.read();
  list.read();
  refuse(0);
  for (let change = 0; change < 100; change++) list.read();
  expect(reads.lists).toHaveLength(1);
  clock.advance(500);
  expect(reads.lists).toHaveLength(2);
  reads.list(1, ["a"]);
  expect(seen).toEqual(["failed", "listed"]);
  list.read();
  expect(reads.lists).toHaveLength(3);
});

test("a list whose read failed for another reason is read again at once when it changes", () => {
  const { reads, list } = listUnderTest();
  list.read();
  reads.lists[0]?.(fail({ kind: "failed", reason: "no answer within 2 s" }));
  list.read();
  expect(reads.lists).toHaveLength(2);
});

test("a new connection forgets that a list was too large", () => {
  const { reads, list } = listUnderTest();
  list.read();
  reads.lists[0]?.(fail({ kind: "failed", reason: "too large", trouble: "too-large" }));
  list.stop();
  list.read();
  expect(reads.lists).toHaveLength(2);
});
