import { expect, test } from "vitest";
import { durationText, formatPath, printTree, sameContent } from "./index.js";

test("every value is followed by what the place of its path says", () => {
  const shared = { d: 3 };
  expect(printTree({ a: 1, b: [{ c: "x" }, ["y"]], e: shared, f: shared, g: {} }, formatPath)).toBe(
    "a: 1 # a\nb:\n  - c: x # b[0].c\n  - - y # b[1][0]\ne:\n  d: 3 # e.d\nf:\n  d: 3 # f.d\ng: {}\n",
  );
});

test.each([
  [500, "500ms"],
  [5_000, "5s"],
  [90_000, "90s"],
  [120_000, "2m"],
  [3_600_000, "1h"],
  [0, "0ms"],
])("%d ms is written %s", (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

test.each<[unknown, unknown, boolean]>([
  [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, true],
  [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
  [{ a: 1 }, { a: 1, b: undefined }, false],
  [{ a: undefined }, { b: undefined }, false],
  [[1, 2], [2, 1], false],
  [[], {}, false],
  [null, {}, false],
  [new Map([["a", [1]]]), new Map([["a", [1]]]), true],
  [new Map([["a", 1]]), new Map([["b", 1]]), false],
  [new Map(), {}, false],
])("%o and %o have the same content: %s", (one, other, same) => {
  expect(sameContent(one, other)).toBe(same);
  expect(sameContent(other, one)).toBe(same);
});
