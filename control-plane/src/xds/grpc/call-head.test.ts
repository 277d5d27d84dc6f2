import { describe, expect, test } from "vitest";
import { notServed, readCallHead } from "./call-head.js";

const call = { ":method": "POST", ":path": "/a.B/C", "content-type": "application/grpc", te: "trailers" };

describe("the head of a call", () => {
  test.each([
    ["application/grpc", undefined],
    ["application/grpc+proto", undefined],
    ["Application/GRPC; charset=utf-8", undefined],
    ["application/grpc-web", 415],
    ["application/grpcx", 415],
    ["application/json", 415],
    [undefined, 415],
  ])("content-type %s is gRPC, or answered in HTTP (%s)", (type, httpStatus) => {
    const head = readCallHead({ ...call, "content-type": type });
    expect(head).toEqual(
      httpStatus === undefined ? { kind: "call", path: "/a.B/C", timeoutMs: undefined } : { kind: "foreign", httpStatus },
    );
  });

  test("only POST is a call", () => {
    expect(readCallHead({ ...call, ":method": "GET" })).toEqual({ kind: "foreign", httpStatus: 405 });
  });

  test.each([
    ["2H", 7_200_000],
    ["3M", 180_000],
    ["10S", 10_000],
    ["99999999m", 99_999_999],
    ["1500u", 2],
    ["1n", 1],
  ])("a time of %s is %d ms", (text, timeoutMs) => {
    expect(readCallHead({ ...call, "grpc-timeout": text })).toMatchObject({ kind: "call", timeoutMs });
  });

  test.each(["", "S", "1", "123456789S", "1x", "-1S", "1 S", "1S,2S"])("a time of %j is refused with INTERNAL", (text) => {
    expect(readCallHead({ ...call, "grpc-timeout": text })).toMatchObject({ kind: "refused", status: { code: 13 } });
  });

  test("what is compressed is refused with UNIMPLEMENTED and what is taken instead", () => {
    expect(readCallHead({ ...call, "grpc-encoding": "gzip" })).toMatchObject({
      kind: "refused",
      status: { code: 12, details: expect.stringContaining("gzip") },
      headers: { "grpc-accept-encoding": "identity" },
    });
    expect(readCallHead({ ...call, "grpc-encoding": "identity" })).toMatchObject({ kind: "call" });
  });

  test("a method that is not served is named, as far as its name is of use", () => {
    expect(notServed("/a.B/C")).toEqual({ code: 12, details: "The server does not implement the method /a.B/C" });
    expect(notServed("/".repeat(10_000)).details.length).toBeLessThan(300);
  });
});
