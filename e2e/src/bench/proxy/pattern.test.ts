import { expect, test } from "vitest";
import { BLOCK, PatternReader } from "./pattern.js";

const STREAM = Buffer.concat([BLOCK, BLOCK, BLOCK]);

function isRight(...pieces: readonly Buffer[]): boolean {
  const reader = new PatternReader();
  return pieces.every((piece) => reader.take(piece));
}

test("the pattern is right however it is cut", () => {
  expect(isRight(STREAM)).toBe(true);
  for (const length of [7_919, 65_536, 249_999]) {
    const pieces = Array.from({ length: Math.ceil(STREAM.length / length) }, (_, index) =>
      STREAM.subarray(index * length, (index + 1) * length),
    );
    expect(isRight(...pieces)).toBe(true);
  }
});

test("what is lost, repeated, moved or changed is not", () => {
  const buffer = 65_536;
  expect(isRight(STREAM.subarray(0, buffer), STREAM.subarray(2 * buffer))).toBe(false);
  expect(isRight(STREAM.subarray(0, buffer), STREAM.subarray(5 * buffer))).toBe(false);
  expect(isRight(STREAM.subarray(0, buffer), STREAM.subarray(0, buffer))).toBe(false);
  expect(isRight(STREAM.subarray(1))).toBe(false);
  const changed = Buffer.from(STREAM);
  changed[600_000] = 255 - (changed[600_000] ?? 0);
  expect(isRight(changed)).toBe(false);
});
