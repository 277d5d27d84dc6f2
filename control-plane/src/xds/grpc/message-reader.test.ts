import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { framed, HEAD_BYTES, MessageReader } from "./message-reader.js";

const MAX = 1_000;

function all(reader: MessageReader): string[] {
  const read: string[] = [];
  for (let next = reader.next(); next !== undefined; next = reader.next()) {
    if (!next.ok) throw new Error(next.error.details);
    read.push(next.value.toString("latin1"));
  }
  return read;
}

describe("messages on a stream of bytes", () => {
  test("come out as they went in, however the bytes were cut and whenever they are asked for", () => {
    const text = fc.string({ maxLength: 40 }).map((one) => Buffer.from(one).toString("latin1"));
    fc.assert(
      fc.property(fc.array(text), fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.boolean())), (messages, cuts) => {
        const bytes = Buffer.concat(messages.map((message) => framed(Buffer.from(message, "latin1"))));
        const reader = new MessageReader(MAX);
        const read: string[] = [];
        let at = 0;
        for (const [length, ask] of cuts) {
          reader.push(bytes.subarray(at, at + length));
          at += length;
          if (ask) read.push(...all(reader));
        }
        reader.push(bytes.subarray(at));
        expect([...read, ...all(reader)]).toEqual(messages);
      }),
    );
  });

  test("a message is framed of its parts", () => {
    expect(framed(Buffer.from("ab"), Buffer.from("c"))).toEqual(Buffer.from([0, 0, 0, 0, 3, 97, 98, 99]));
    expect(framed().length).toBe(HEAD_BYTES);
  });

  test("one of the most bytes is taken, and one above refused before its bytes have come", () => {
    const reader = new MessageReader(MAX);
    reader.push(framed(Buffer.alloc(MAX)));
    expect(reader.next()).toMatchObject({ ok: true });
    reader.push(framed(Buffer.alloc(MAX + 1)).subarray(0, HEAD_BYTES));
    expect(reader.next()).toEqual({ ok: false, error: { code: 8, details: "Received message larger than max (1001 vs. 1000)" } });
  });

  test("a compressed message is refused: nobody has said how", () => {
    const reader = new MessageReader(MAX);
    reader.push(Buffer.from([1, 0, 0, 0, 0]));
    expect(reader.next()).toMatchObject({ ok: false, error: { code: 13 } });
  });

  test("a message handed out stays as it is while the next one comes", () => {
    const reader = new MessageReader(MAX);
    const bytes = Buffer.concat(["one", "two", "six"].map((text) => framed(Buffer.from(text))));
    reader.push(bytes.subarray(0, 4));
    reader.push(bytes.subarray(4, 12));
    const one = reader.next();
    reader.push(bytes.subarray(12));
    expect(all(reader)).toEqual(["two", "six"]);
    expect(one?.ok && one.value.toString()).toBe("one");
  });
});
