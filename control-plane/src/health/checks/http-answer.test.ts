import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AnswerState, HttpAnswer } from "./http-answer.js";

/** The state after these pieces, and after the end of the connection where they leave it open. */
function read(...pieces: readonly string[]): AnswerState {
  const answer = new HttpAnswer();
  let state: AnswerState = { kind: "more" };
  for (const piece of pieces) if (state.kind === "more") state = answer.take(Buffer.from(piece, "latin1"));
  return state.kind === "more" ? answer.end() : state;
}

const WHOLE = [
  ["with a length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nok", 200, "ok"],
  ["without a reason", "HTTP/1.1 204\r\n\r\n", 204, ""],
  ["until the end", "HTTP/1.0 503 Busy\r\n\r\nlater", 503, "later"],
  ["in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nTrailer: t\r\n\r\n", 200, "abcd"],
  ["after an interim one", "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, ""],
] as const;

describe("an answer", () => {
  test.each(WHOLE)("%s is read under every split", (_what, text, status, body) => {
    for (let at = 0; at <= text.length; at++)
      expect(read(text.slice(0, at), text.slice(at))).toMatchObject({ kind: "whole", status, body });
    expect(read(...text)).toMatchObject({ kind: "whole", status, body });
  });

  test.each([
    ["nothing", "", /ended without an answer/],
    ["mail", "220 ready\r\n\r\n", /not HTTP/],
    ["half of a body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", /broke off/],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", /disagree/],
    ["length and chunks", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", /disagree/],
    ["another coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", /disagree/],
    ["a bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", /chunk/],
    ["a space before the colon", "HTTP/1.1 200 OK\r\nX-A : b\r\n\r\n", /malformed/],
    ["an upgrade", "HTTP/1.1 101 Switching Protocols\r\n\r\n", /101/],
    ["an endless head", `HTTP/1.1 200 OK\r\n${"X-A: b\r\n".repeat(3_000)}`, /longer than/],
  ])("%s passes for none", (_what, text, because) => {
    const state = read(text);
    expect(state.kind).toBe("broken");
    expect(state.kind === "broken" && state.because).toMatch(because);
  });

  test("that is long enough is not waited for", () => {
    const answer = new HttpAnswer();
    expect(answer.take(Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n"))).toEqual({ kind: "more" });
    expect(answer.take(Buffer.alloc(70_000))).toMatchObject({ kind: "whole", status: 200 });
  });

  test("whatever the bytes are, reading returns", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 8 }), (pieces) => {
        expect(["whole", "broken"]).toContain(read(...pieces.map((piece) => Buffer.from(piece).toString("latin1"))).kind);
      }),
    );
  });
});
