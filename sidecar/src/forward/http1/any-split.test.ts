// However the bytes are cut, they mean the same: heads, bodies, pipelines and what is refused.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { corpus } from "../testing/wire.js";
import { Lab } from "./testing/lab.js";

/** `text` in pieces that end at the given places. */
function cut(text: string, places: readonly number[]): string[] {
  const ends = [...new Set(places.map((place) => place % (text.length + 1)))].sort((one, other) => one - other);
  return [...ends, text.length].map((end, index) => text.slice(ends[index - 1] ?? 0, end)).filter((piece) => piece !== "");
}

/** What the upstream and the caller hear when the caller says this and each request is answered once it is whole. */
function requestsIn(pieces: readonly string[]): unknown {
  const lab = new Lab();
  const { caller, wire } = lab.caller();
  for (const piece of pieces) {
    wire.say(piece);
    while (lab.busy.has(caller) && caller.isRequestDone) lab.dialled.at(-1)?.wire.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  }
  const upstreams = lab.dialled.map(({ wire: upstream }) => joined(upstream.heard));
  // Whether the caller is told to go on depends on whether it did.
  return { upstreams, caller: wire.heard.replace("HTTP/1.1 100 Continue\r\n\r\n", ""), ended: wire.ended };
}

const places = fc.array(fc.nat(), { maxLength: 12 });

describe("cut anywhere", () => {
  const requests = [...corpus("http1-requests"), ...corpus("http1-more-requests")].filter(({ raw }) => raw.length < 4_000);
  test.each(requests)("request $id", ({ raw }) => {
    const whole = requestsIn([raw]);
    fc.assert(
      fc.property(places, (cuts) => {
        expect(requestsIn(cut(raw, cuts))).toEqual(whole);
      }),
      { numRuns: 30 },
    );
    expect(requestsIn([...raw])).toEqual(whole);
  });

  const responses = [...corpus("http1-responses"), ...corpus("http1-more-responses")].filter(({ raw }) => raw.length < 4_000);
  test.each(responses)("response $id", ({ raw, method }) => {
    const heard = (pieces: readonly string[]) => {
      const lab = new Lab();
      const { wire } = lab.caller();
      wire.say(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
      const [upstream] = lab.dialled;
      for (const piece of pieces) upstream?.wire.say(piece);
      upstream?.upstream.onEnd();
      // A body that is wrong at once is answered 502; one that turns out to be wrong later breaks off.
      const isBroken = wire.ended === "reset" || wire.heard.startsWith("HTTP/1.1 502");
      return isBroken ? "broken" : { caller: joined(wire.heard), ended: wire.ended, upstream: upstream?.wire.ended };
    };
    const whole = heard([raw]);
    fc.assert(
      fc.property(places, (cuts) => {
        expect(heard(cut(raw, cuts))).toEqual(whole);
      }),
      { numRuns: 30 },
    );
    expect(heard([...raw])).toEqual(whole);
  });
});

/** Chunks as one: where they are cut follows from the pieces that came. What is no chunk stays as it is. */
function joined(text: string): string {
  const head = /transfer-encoding: chunked.*?\r\n\r\n/is.exec(text);
  if (head === null) return text;
  let at = head.index + head[0].length;
  let out = text.slice(0, at);
  for (;;) {
    const size = /^([1-9a-f][0-9a-f]*)\r\n/.exec(text.slice(at, at + 20));
    if (size === null) return out + joined(text.slice(at));
    const from = at + size[0].length;
    at = from + Number.parseInt(size[1] ?? "", 16);
    out += text.slice(from, at);
    at += 2;
  }
}
