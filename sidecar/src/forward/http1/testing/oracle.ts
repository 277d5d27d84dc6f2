// What must hold whatever octets come, judged by a reader that is not the data plane's own.

import { type HttpMessage, readRequest, readResponse, valuesOf } from "@fairlead/shared/testing";
import { answerIn, cut, type RequestsHeard, requestsIn } from "./exchanges.js";

export interface FuzzInput {
  /** What is said: by a caller, or by an endpoint to a GET or a HEAD. */
  readonly kind: "request" | "answer" | "head-answer";
  /** One character per octet. */
  readonly raw: string;
  /** Where it is cut the second time. */
  readonly cuts: readonly number[];
}

/** What is wrong with how it was taken; undefined when nothing is. */
export function faultOf(input: FuzzInput): string | undefined {
  try {
    return input.kind === "request" ? requestFault(input) : answerFault(input);
  } catch (error) {
    return `threw ${(error as Error).stack ?? String(error)}`;
  }
}

function requestFault({ raw, cuts }: FuzzInput): string | undefined {
  const whole = requestsIn([raw]);
  const messages = forwarded(whole);
  if (typeof messages === "string") return messages;
  const inPieces = requestsIn(cut(raw, cuts));
  const again = forwarded(inPieces);
  if (JSON.stringify([messages, whole.caller, whole.ended]) !== JSON.stringify([again, inPieces.caller, inPieces.ended])) {
    return `in pieces ${JSON.stringify(inPieces)} and whole ${JSON.stringify(whole)}`;
  }
  const meant = readAll(raw);
  for (const [index, message] of messages.entries()) {
    const original = meant[index];
    if (original === undefined) return `forwards what a strict reader does not find: ${JSON.stringify(message)}`;
    const difference = differenceOf(original, message);
    if (difference !== undefined) return `forwards another request: ${difference}`;
  }
  return undefined;
}

/** Whole requests that went on, or what is wrong with one. */
function forwarded({ upstreams }: RequestsHeard): readonly HttpMessage[] | string {
  const messages: HttpMessage[] = [];
  for (const text of upstreams) {
    for (let left = text; left !== ""; ) {
      const read = readRequest(left);
      if (read.kind === "fault") return `forwards what a strict reader refuses (${read.why}): ${JSON.stringify(text)}`;
      if (read.kind === "part") break;
      messages.push(read.message);
      left = read.rest;
    }
  }
  return messages;
}

/** What the sender's octets hold. Empty lines before a request are forgiven (RFC 9112 section 2.2). */
function readAll(text: string): readonly HttpMessage[] {
  const messages: HttpMessage[] = [];
  for (let left = text; ; ) {
    const read = readRequest(left.replace(/^(?:\r\n)+/, ""));
    if (read.kind !== "message") return messages;
    messages.push(read.message);
    left = read.rest;
  }
}

const PEER = "10.1.1.1";

function differenceOf(meant: HttpMessage, got: HttpMessage): string | undefined {
  const [method = "", target = ""] = meant.line.split(" ");
  const line = `${method} ${originForm(target, method)} HTTP/1.1`;
  if (got.line !== line) return `${got.line} instead of ${line}`;
  if (got.body !== meant.body) return `body ${JSON.stringify(got.body)} instead of ${JSON.stringify(meant.body)}`;
  const connection = valuesOf(got.fields, "connection");
  if (connection.length > 0 && connection.join() !== "Upgrade") return `Connection: ${connection.join()}`;
  const from = valuesOf(got.fields, "x-forwarded-for");
  return from.at(-1)?.endsWith(PEER) === true ? undefined : `X-Forwarded-For: ${from.join()}`;
}

function originForm(target: string, method: string): string {
  const rest = /^http:\/\/[^/?]*(.*)$/i.exec(target)?.[1] ?? target;
  if (rest === "") return method === "OPTIONS" ? "*" : "/";
  return rest.startsWith("?") ? `/${rest}` : rest;
}

function answerFault({ kind, raw, cuts }: FuzzInput): string | undefined {
  const method = kind === "answer" ? "GET" : "HEAD";
  const isHead = method === "HEAD";
  const whole = answerIn([raw], method);
  const inPieces = answerIn(cut(raw, cuts), method);
  if (JSON.stringify(whole) !== JSON.stringify(inPieces)) return `in pieces ${JSON.stringify(inPieces)} and whole ${JSON.stringify(whole)}`;
  if (whole === "broken") return undefined;
  const got = readResponse(whole.caller, { isHead, ended: whole.ended !== "open" });
  if (got.kind !== "message") return `passes on what a strict reader refuses (${JSON.stringify(got)}): ${JSON.stringify(whole)}`;
  if (got.rest !== "") return `passes on octets behind an answer: ${JSON.stringify(whole)}`;
  const meant = readResponse(raw, { isHead, ended: true });
  if (meant.kind !== "message")
    return `makes an answer of what a strict reader refuses (${JSON.stringify(meant)}): ${JSON.stringify(whole)}`;
  if (got.message.line.slice(9, 12) !== meant.message.line.slice(9, 12)) return `passes on another status: ${got.message.line}`;
  return got.message.body === meant.message.body ? undefined : `passes on another body: ${JSON.stringify(got.message.body)}`;
}
