import { expect, test } from "vitest";
import { Inbox } from "./inbox.js";

const KIB = 1_024;

function filledTo(most: number): Inbox {
  const inbox = new Inbox(0, 256 * KIB);
  while (inbox.own.length < most * KIB) expect(inbox.grow(inbox.own.length)).toBe(true);
  return inbox;
}

test("reads that fill the place become larger, up to 256 KiB", () => {
  const inbox = new Inbox(0, 256 * KIB);
  const sizes = [inbox.own.length / KIB];
  while (inbox.grow(inbox.own.length)) sizes.push(inbox.own.length / KIB);
  expect(sizes).toEqual([2, 8, 32, 128, 256]);
  expect(inbox.grow(100 * KIB)).toBe(false);
});

test("a read that leaves room changes nothing", () => {
  const inbox = filledTo(32);
  const { own } = inbox;
  expect([inbox.grow(32 * KIB - 1), inbox.grow(1), inbox.own === own]).toEqual([false, false, true]);
});

test("the memory is given back after 64 small reads in a row, and comes again", () => {
  const inbox = filledTo(256);
  const small = (times: number) => Array.from({ length: times }, () => inbox.grow(100)).filter((isNew) => isNew).length;
  expect([small(63), inbox.own.length / KIB]).toEqual([0, 256]);
  // One that is larger: the count begins again.
  inbox.grow(3 * KIB);
  expect([small(63), inbox.own.length / KIB]).toEqual([0, 256]);
  expect([small(1), inbox.own.length / KIB]).toEqual([1, 2]);
  expect(small(200)).toBe(0);
  expect([inbox.grow(2 * KIB), inbox.own.length / KIB]).toEqual([true, 8]);
});

test("what was read stays where it lies when the place changes", () => {
  const inbox = new Inbox(0, 256 * KIB);
  inbox.own.fill("a");
  inbox.receive(inbox.own.length);
  inbox.grow(inbox.own.length);
  inbox.own.fill("b");
  expect(inbox.bytes.toString("latin1", inbox.position, inbox.end)).toBe("a".repeat(2 * KIB));
});

test("messages are read 128 KiB at a time at most", () => {
  const inbox = new Inbox(1_024);
  while (inbox.grow(inbox.own.length - 1_024));
  expect(inbox.own.length).toBe(129 * KIB);
});
