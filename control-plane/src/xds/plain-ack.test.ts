import { decode, encode, RESOURCE_TYPES } from "@fairlead/proto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "./limits.js";
import { readPlainAck } from "./plain-ack.js";
import { readDeltaRequest } from "./stream-request.js";

const REQUEST = "envoy.service.discovery.v3.DeltaDiscoveryRequest";
const decoded = (bytes: Buffer) => readDeltaRequest(decode(REQUEST, bytes), DEFAULT_LIMITS);
const types = Object.values(RESOURCE_TYPES);

describe("a plain ACK", () => {
  test.each(types)("of %s is read as the decoder reads it", (type_url) => {
    const bytes = encode(REQUEST, { type_url, response_nonce: "1z" });
    expect(readPlainAck(bytes)).toEqual(decoded(bytes));
  });

  test("is a plain ACK only if it says nothing else", () => {
    const [type_url = ""] = types;
    const ack = { type_url, response_nonce: "1" };
    for (const more of [
      { node: { id: "web-1" } },
      { error_detail: { code: 3 } },
      { resource_names_subscribe: ["a"] },
      { resource_names_unsubscribe: ["a"] },
      { initial_resource_versions: { a: "1" } },
      { type_url: "type.googleapis.com/made.up" },
      { type_url: type_url.replace("e", "E") },
      { response_nonce: "é" },
    ]) {
      expect(readPlainAck(encode(REQUEST, { ...ack, ...more }))).toBeUndefined();
    }
    expect(readPlainAck(Buffer.alloc(0))).toBeUndefined();
  });

  test("whatever the bytes are, it is what the decoder makes of them, or left to it", () => {
    const request = fc.record(
      {
        type_url: fc.constantFrom(...types, "", "made.up"),
        response_nonce: fc.oneof(
          fc.string({ unit: fc.constantFrom("0", "9", "a", "z"), maxLength: 12 }),
          fc.constant("n".repeat(130)),
          fc.constantFrom("é", "\u{1f600}", "\0"),
        ),
        resource_names_subscribe: fc.constantFrom([], ["a"], ["a", "b"]),
        node: fc.constant({ id: "web-1" }),
      },
      { requiredKeys: ["type_url"] },
    );
    const mangled = fc
      .tuple(request, fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 2 }), fc.nat(220))
      .map(([message, changes, length]) => {
        const bytes = Buffer.from(encode(REQUEST, message));
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        return bytes.subarray(0, Math.max(length, bytes.length >> 1));
      });
    fc.assert(
      fc.property(mangled, (bytes) => {
        const ack = readPlainAck(bytes);
        if (ack !== undefined) expect(ack).toEqual(decoded(bytes));
      }),
      { numRuns: 200 },
    );
  });
});
