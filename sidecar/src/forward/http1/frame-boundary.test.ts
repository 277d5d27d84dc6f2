import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameBoundary } from "./frame-boundary.js";

function frame(length: number, masked: boolean): Buffer {
  const mask = masked ? 0x80 : 0;
  const head =
    length < 126
      ? [0x82, mask | length]
      : length < 65_536
        ? [0x82, mask | 126, length >> 8, length & 255]
        : [0x82, mask | 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255];
  return Buffer.concat([Buffer.from(head), Buffer.alloc(length + (masked ? 4 : 0), 0x7e)]);
}

test("between frames, and only there, the next one may begin, however the bytes are cut", () => {
  const lengths = fc.constantFrom(0, 1, 125, 126, 127, 300, 65_535, 65_536, 70_000);
  fc.assert(
    fc.property(
      fc.array(fc.record({ length: lengths, masked: fc.boolean() }), { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(80_000), { maxLength: 6 }),
      (frames, cuts) => {
        const made = frames.map(({ length, masked }) => frame(length, masked));
        const bytes = Buffer.concat(made);
        const ends = new Set<number>([0]);
        let total = 0;
        for (const { length } of made) {
          total += length;
          ends.add(total);
        }
        const places = [...new Set([...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort((one, other) => one - other);
        const boundary = new FrameBoundary();
        let from = 0;
        for (const place of places) {
          boundary.pass(bytes, from, place);
          from = place;
          expect(boundary.isBetween).toBe(ends.has(place));
        }
      },
    ),
    { numRuns: 200 },
  );
});
