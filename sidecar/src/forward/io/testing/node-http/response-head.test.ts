import { expect, test } from "vitest";
import { checkResponseHead, type ResponseHead } from "./response-head.js";

const OK: ResponseHead = { status: 200, statusText: "OK", version: "1.1", headers: ["Content-Length", "2"] };

test.each<[string, Partial<ResponseHead>, boolean]>([
  ["an ordinary answer", {}, true],
  ["no reason phrase", { statusText: "" }, true],
  ["a chunked answer", { headers: ["Transfer-Encoding", "chunked"] }, true],
  ["status 599", { status: 599 }, true],
  ["status 600", { status: 600 }, false],
  ["status 0", { status: 0 }, false],
  ["an unasked 101", { status: 101 }, false],
  ["HTTP/2.0", { version: "2.0" }, false],
  ["NUL in the reason phrase", { statusText: "O\u0000K" }, false],
  ["a control character in a value", { headers: ["X", "a\u0001"] }, false],
  ["a name that is no token", { headers: ["X[]", "a"] }, false],
  ["chunked twice", { headers: ["Transfer-Encoding", "chunked, chunked"] }, false],
  ["chunked in two headers", { headers: ["Transfer-Encoding", "chunked", "transfer-encoding", "chunked"] }, false],
  ["gzip as transfer coding, which stripping would corrupt", { headers: ["Transfer-Encoding", "gzip"] }, false],
  ["Transfer-Encoding in HTTP/1.0", { version: "1.0", headers: ["Transfer-Encoding", "chunked"] }, false],
])("%s is acceptable or not", (_, change, acceptable) => {
  expect(checkResponseHead({ ...OK, ...change }).ok).toBe(acceptable);
});
