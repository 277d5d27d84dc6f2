import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode, encode, type JsonObject, structFrom, structTo } from "./index.js";

const overTheWire = (value: JsonObject): JsonObject =>
  structTo(decode("google.protobuf.Struct", encode("google.protobuf.Struct", structFrom(value))));

describe("JSON as a Struct", () => {
  test("any JSON object comes back as it was", () => {
    // A Struct takes three messages per level of JSON, and a message may be nested 100 deep.
    const json = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5, stringUnit: "grapheme" })) as fc.Arbitrary<JsonObject>;
    const plain = (value: JsonObject): unknown => JSON.parse(JSON.stringify(value));
    fc.assert(
      fc.property(json, (value) => {
        expect(plain(overTheWire(value))).toEqual(plain(value));
      }),
    );
  });

  test.each<JsonObject>([{}, { a: null }, { a: false, b: 0, c: "" }, { a: [] }, { a: {} }, { a: [[null], {}] }])(
    "%j keeps its kinds",
    (value) => {
      expect(overTheWire(value)).toEqual(value);
    },
  );

  test("a key named __proto__ is a key", () => {
    const value = JSON.parse('{"__proto__": {"a": 1}}') as JsonObject;
    expect(Object.entries(overTheWire(value))).toEqual([["__proto__", { a: 1 }]]);
    expect(({} as { a?: number }).a).toBeUndefined();
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("%d is refused", (value) => {
    expect(() => structFrom({ value })).toThrow(RangeError);
  });

  test("a value of no kind, which JSON lacks, is null", () => {
    expect(structTo(decode("google.protobuf.Struct", encode("google.protobuf.Struct", { fields: { a: {} } })))).toEqual({ a: null });
  });
});
