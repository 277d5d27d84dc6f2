import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameReader, replyHeaderOf, TOO_LARGE_CODE } from "./frames.js";

function frame(body: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

function header(length: number, xid: number, zxid: bigint): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeInt32BE(length, 0);
  bytes.writeInt32BE(xid, 4);
  bytes.writeBigInt64BE(zxid, 8);
  return bytes;
}

test("frames come out whole and in order, however the bytes arrive", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), fc.array(fc.nat(80)), (bodies, cuts) => {
      const reader = new FrameReader();
      const bytes = Buffer.concat(bodies.map(frame));
      const out: Buffer[] = [];
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        out.push(...reader.push(bytes.subarray(at, at + cut)).frames);
        at += cut;
      }
      expect(out).toEqual(bodies.map(frame));
    }),
  );
});

test("a frame too large to read becomes a failed reply, and the next one is read", () => {
  const reader = new FrameReader();
  const length = 17 * 1_024 * 1_024;
  expect(reader.push(header(length, 5, 0x99n)).frames.map(replyHeaderOf)).toEqual([{ xid: 5, zxid: 0x99n, code: TOO_LARGE_CODE }]);
  for (let left = length - 16; left > 0; left -= 65_536) expect(reader.push(Buffer.alloc(Math.min(left, 65_536))).frames).toEqual([]);
  expect(reader.push(header(16, 6, 0x9an)).frames.map(replyHeaderOf)).toEqual([{ xid: 6, zxid: 0x9an, code: 0 }]);
});

test("a length that no ZooKeeper sends is said to be one", () => {
  expect(new FrameReader().push(Buffer.from("HTTP/1.1 400")).problem).toBe("a frame of 1213486160 bytes: no ZooKeeper server");
  expect(new FrameReader().push(Buffer.from([255, 255, 255, 255])).problem).toBe("a frame of -1 bytes: no ZooKeeper server");
});
