import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { trailersOf } from "./call-status.js";

/** Every character there is, halves of pairs left out. */
const character = fc
  .oneof(fc.nat(0x7f), fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((code) => String.fromCodePoint(code));
const text = fc.array(character, { maxLength: 30 }).map((characters) => characters.join(""));

const messageOf = (details: string) => trailersOf({ code: 3, details })["grpc-message"] ?? "";

describe("the status of a call", () => {
  test("success is a number and nothing else", () => {
    expect(trailersOf({ code: 0, details: "this server is closing" })).toEqual({ "grpc-status": "0" });
  });

  test("text goes as it is, but for percent signs and what is no printable ASCII", () => {
    expect(trailersOf({ code: 3, details: '100 % "käse"\n' })).toEqual({ "grpc-status": "3", "grpc-message": '100 %25 "k%C3%A4se"%0A' });
    expect(messageOf(" a b ")).toBe("%20a b%20");
  });

  test("any text is a value a header may have, and is read as it was", () => {
    fc.assert(
      fc.property(text, (details) => {
        const message = messageOf(details);
        expect(message).toMatch(/^(?! )[\x20-\x7e]*(?<! )$/);
        expect(decodeURIComponent(message)).toBe(Buffer.from(details).toString());
      }),
    );
  });

  test("a long text is cut, for clients that take few headers", () => {
    expect(messageOf("ä".repeat(10_000)).length).toBeLessThanOrEqual(3 * 2_048);
  });
});
