import { expect, test } from "vitest";
import { boundedMetadata, MAX_METADATA_KEYS } from "./metadata.js";

test("simple values are kept as text, whatever order they were written in", () => {
  const one = boundedMetadata({ version: "1.2", shard: 7, canary: true });
  const other = boundedMetadata({ canary: true, version: "1.2", shard: 7 });
  expect(one).toEqual({ canary: "true", shard: "7", version: "1.2" });
  expect(JSON.stringify(one)).toBe(JSON.stringify(other));
});

test("what is no simple value, or too long, is left out", () => {
  expect(boundedMetadata({ nested: {}, none: null, long: "x".repeat(257), ["k".repeat(65)]: "v", short: "v" })).toEqual({ short: "v" });
});

test("nothing left is nothing", () => {
  expect(boundedMetadata({})).toBeUndefined();
  expect(boundedMetadata({ nested: [] })).toBeUndefined();
});

test("there is a limit on how many are kept", () => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`key-${index}`, "v"]));
  expect(Object.keys(boundedMetadata(many) ?? {})).toHaveLength(MAX_METADATA_KEYS);
});

test("a key named like a property of objects is kept as data", () => {
  expect(Object.entries(boundedMetadata(JSON.parse('{"__proto__":"x","constructor":"y"}')) ?? {})).toContainEqual(["constructor", "y"]);
});
