import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { open, seal } from "./envelope.js";

const sealed = () => seal({ payload: Buffer.from("hello\nworld"), savedAtMs: 1_700_000_000_000, sequence: 7 });

function reasonOf(file: Buffer): string {
  const opened = open(file);
  return opened.ok ? "trusted" : opened.error;
}

/** A file with this header and a payload that would fit it. */
function withHeader(change: (header: Record<string, unknown>) => void): Buffer {
  const file = sealed();
  const end = file.indexOf(0x0a);
  const header = JSON.parse(file.toString("utf8", 0, end)) as Record<string, unknown>;
  change(header);
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), file.subarray(end + 1)]);
}

describe("an envelope", () => {
  test("gives back what was put in, whatever bytes they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), fc.nat(), (payload, savedAtMs, sequence) => {
        const opened = open(seal({ payload, savedAtMs, sequence }));
        expect(opened).toEqual({ ok: true, value: { payload: Buffer.from(payload), savedAtMs, sequence } });
      }),
    );
  });

  test("cut short anywhere is not trusted", () => {
    const file = sealed();
    for (let length = 0; length < file.length; length++) expect(open(file.subarray(0, length)).ok).toBe(false);
  });

  test("with any one bit of the payload flipped is not trusted", () => {
    const whole = sealed();
    for (let at = whole.indexOf(0x0a) + 1; at < whole.length; at++) {
      const file = Buffer.from(whole);
      file[at] = (file[at] ?? 0) ^ 1;
      expect(reasonOf(file)).toBe("the checksum does not match");
    }
  });

  test("with bytes behind its end is not trusted", () => {
    expect(reasonOf(Buffer.concat([sealed(), Buffer.from("x")]))).toBe("12 bytes where the header says 11");
  });

  test.each([
    ["nothing in it", Buffer.alloc(0), "no header line"],
    ["zeros, as after a lost write", Buffer.alloc(4_096), "no header line"],
    ["a header that never ends", Buffer.from(`${"x".repeat(2_000)}\n`), "no header line"],
    ["a header that is no JSON", Buffer.from("{\n"), "the header is not readable"],
    ["a header that is null", Buffer.from("null\n"), "the header is not readable"],
    ["another format", withHeader((header) => (header["format"] = "fairlead-state-9")), "format fairlead-state-9 is not fairlead-state-1"],
    ["no time", withHeader((header) => delete header["savedAtMs"]), "the header has no sequence or time"],
    ["a sequence that is no integer", withHeader((header) => (header["sequence"] = 1.5)), "the header has no sequence or time"],
  ])("with %s is not trusted, with the reason", (_, file, reason) => {
    expect(reasonOf(file)).toBe(reason);
  });
});
