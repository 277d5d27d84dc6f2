// Whole exchanges in the lab, from one text in pieces: what both ends hear in the end.

import { Lab } from "./lab.js";

/** `text` in pieces that end at the given places. */
export function cut(text: string, places: readonly number[]): string[] {
  const ends = [...new Set(places.map((place) => place % (text.length + 1)))].sort((one, other) => one - other);
  return [...ends, text.length].map((end, index) => text.slice(ends[index - 1] ?? 0, end)).filter((piece) => piece !== "");
}

export interface RequestsHeard {
  /** By connection. */
  readonly upstreams: readonly string[];
  readonly caller: string;
  readonly ended: string;
}

/** More requests than this do not fit into one text. */
const MAX_ANSWERS = 1_000;

/** What the upstream and the caller hear when the caller says this and each request is answered once it is whole. */
export function requestsIn(pieces: readonly string[]): RequestsHeard {
  const lab = new Lab();
  const { caller, wire } = lab.caller();
  let answers = 0;
  for (const piece of pieces) {
    wire.say(piece);
    while (caller.isBusy && caller.isRequestDone) {
      if (++answers > MAX_ANSWERS) throw new Error("a request that no answer ends");
      lab.dialled.at(-1)?.wire.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  }
  const upstreams = lab.dialled.map(({ wire: upstream }) => joined(upstream.heard));
  // Whether the caller is told to go on depends on whether it did.
  return { upstreams, caller: wire.heard.replaceAll("HTTP/1.1 100 Continue\r\n\r\n", ""), ended: wire.ended };
}

/** What the caller heard of an answer, or that it was told that it is broken. */
export type AnswerHeard = "broken" | { readonly caller: string; readonly ended: string; readonly upstream: string | undefined };

/** An answer in pieces to a request with this method, and then the end of its connection. */
export function answerIn(pieces: readonly string[], method = "GET"): AnswerHeard {
  const lab = new Lab();
  const { wire } = lab.caller();
  wire.say(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
  const [upstream] = lab.dialled;
  for (const piece of pieces) upstream?.wire.say(piece);
  upstream?.upstream.onEnd();
  // A body that is wrong at once is answered 502; one that turns out to be wrong later breaks off.
  const isBroken = wire.ended === "reset" || /HTTP\/1\.1 502 [^\r]*\r\n(?:[^\r]+\r\n)*X-Fairlead-Reason: /.test(wire.heard);
  return isBroken ? "broken" : { caller: joined(wire.heard), ended: wire.ended, upstream: upstream?.wire.ended };
}

/** Chunks as one: where they are cut follows from the pieces that came. What is no chunk stays as it is. */
function joined(text: string): string {
  const head = /transfer-encoding: chunked.*?\r\n\r\n/is.exec(text);
  if (head === null) return text;
  let at = head.index + head[0].length;
  let out = text.slice(0, at);
  let body = "";
  for (;;) {
    const size = /^([1-9a-f][0-9a-f]*)\r\n/.exec(text.slice(at, at + 20));
    if (size === null) break;
    const from = at + size[0].length;
    at = from + Number.parseInt(size[1] ?? "", 16);
    body += text.slice(from, at);
    at += 2;
  }
  if (body !== "") out += `${body.length.toString(16)}\r\n${body}\r\n`;
  return out + joined(text.slice(at));
}
