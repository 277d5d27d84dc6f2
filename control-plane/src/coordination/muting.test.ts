import { describe, expect, test } from "vitest";
import type { Exception, ServiceWord } from "./message.js";
import { lonelyOf, Muting, type Speaker } from "./muting.js";

const SILENT: Exception = { status: "unhealthy", kind: "silence", refusing: false, because: "no answer" };
const MANY = { count: 6, of: 20 };
const NONE = { count: 0, of: 20 };
const at = (nowMs: number) => ({ nowMs, wallMs: nowMs + 1_000_000 });

function speaker(id: string, bad: readonly number[], of = "same"): Speaker {
  const word: ServiceWord = { of, but: Object.fromEntries(bad.map((number) => [`10.0.0.${number}:80`, SILENT])) };
  return { id, words: new Map([["shop", word]]) };
}

const twenty = () => 20;

describe("endpoints that one checker alone finds unhealthy", () => {
  test("are those that another finds healthy and nobody else unhealthy", () => {
    const lone = (others: readonly Speaker[], against = 1) => lonelyOf(speaker("a", [1, 2, 3]), others, against, twenty);
    expect(lone([speaker("b", [1])])).toEqual({ count: 2, of: 20 });
    expect(lone([speaker("b", [1]), speaker("c", [2])])).toEqual({ count: 1, of: 20 });
    expect(lone([speaker("b", [])], 2).count).toBe(0);
    expect(lone([]).count).toBe(0);
  });

  test("are not those that the others may not know", () => {
    expect(lonelyOf(speaker("a", [1, 2]), [speaker("b", [], "others")], 1, twenty).count).toBe(0);
  });
});

describe("a checker that is alone with what it sees", () => {
  test("is muted when the others had the time to see it too, and named with the time", () => {
    const muting = new Muting();
    expect(muting.look("a", MANY, at(0))).toBeUndefined();
    expect(muting.look("a", MANY, at(9_999))).toBeUndefined();
    expect(muting.look("a", MANY, at(10_000))).toEqual({ because: "it alone finds 6 of 20 endpoints unhealthy", sinceMs: 1_010_000 });
  });

  test("is heard again when it agrees for a minute, not before", () => {
    const muting = new Muting();
    muting.look("a", MANY, at(0));
    muting.look("a", MANY, at(10_000));
    expect(muting.look("a", NONE, at(20_000))).toBeDefined();
    expect(muting.look("a", MANY, at(70_000))).toBeDefined();
    expect(muting.look("a", NONE, at(80_000))).toBeDefined();
    expect(muting.look("a", NONE, at(139_999))).toBeDefined();
    expect(muting.look("a", NONE, at(140_000))).toBeUndefined();
  });

  test("with few endpoints, or a small share, may be right", () => {
    const muting = new Muting();
    for (const lonely of [
      { count: 4, of: 4 },
      { count: 20, of: 100 },
    ]) {
      muting.look("a", lonely, at(0));
      expect(muting.look("a", lonely, at(60_000))).toBeUndefined();
    }
  });

  test("that was gone begins anew", () => {
    const muting = new Muting();
    muting.look("a", MANY, at(0));
    muting.look("a", MANY, at(10_000));
    muting.keepOnly(new Set());
    expect(muting.look("a", MANY, at(11_000))).toBeUndefined();
  });
});
