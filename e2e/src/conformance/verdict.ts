// What became of a message, told by the strict reader and by nothing that a proxy says of itself.

import { type HttpMessage, readRequest, readResponse } from "@fairlead/shared/testing";
import { answersWanted, type CorpusCase } from "./corpus.js";
import type { Outcome } from "./through.js";

export interface Verdict {
  /**
   * `refused`: nothing whole went on. `safe`: what went on is read by a strict reader as what the sender meant, where the sender's
   * octets can be read at all, and as one message where they cannot. `unsafe`: it is malformed, more than one, or another message.
   */
  readonly kind: "refused" | "safe" | "unsafe";
  readonly why: string;
}

interface Reading {
  readonly messages: readonly HttpMessage[];
  readonly fault: string | undefined;
}

function readAll(text: string): Reading {
  const messages: HttpMessage[] = [];
  for (let left = text; left !== ""; ) {
    const read = readRequest(left);
    if (read.kind !== "message") return { messages, fault: read.kind === "fault" ? read.why : undefined };
    messages.push(read.message);
    left = read.rest;
  }
  return { messages, fault: undefined };
}

export function judgeRequest(each: CorpusCase, { heard, upstream }: Outcome): Verdict {
  const readings = upstream.map(readAll);
  const messages = readings.flatMap((reading) => reading.messages);
  const fault = readings.find((reading) => reading.fault !== undefined)?.fault;
  if (fault !== undefined) return { kind: "unsafe", why: fault };
  if (messages.length === 0) return { kind: "refused", why: refusal(heard) };
  if (messages.some(({ line }) => line.startsWith("GET /smuggled "))) return { kind: "unsafe", why: "a smuggled request" };
  const meant = readAll(each.raw.replace(/^(?:\r\n)+/, "")).messages;
  const most = Math.max(answersWanted(each), meant.length);
  if (messages.length > most) return { kind: "unsafe", why: `${messages.length} requests of ${most}` };
  for (const [index, message] of messages.entries()) {
    const difference = differenceOf(meant[index], message);
    if (difference !== undefined) return { kind: "unsafe", why: difference };
  }
  return { kind: "safe", why: messages.length === 1 ? "" : `${messages.length} requests` };
}

function refusal(heard: string): string {
  return /^HTTP\/1\.[01] ([45][0-9][0-9])/.exec(heard)?.[1] ?? (heard === "" ? "no answer" : "closed");
}

/** `meant` is what the sender's own octets are read as, if they are HTTP. */
function differenceOf(meant: HttpMessage | undefined, got: HttpMessage): string | undefined {
  if (meant === undefined) return undefined;
  const [method, target] = meant.line.split(" ");
  const [gotMethod, gotTarget] = got.line.split(" ");
  if (method !== gotMethod) return `method ${gotMethod}`;
  if (originForm(target ?? "", method) !== originForm(gotTarget ?? "", method)) return `target ${gotTarget}`;
  return meant.body === got.body ? undefined : "another body";
}

function originForm(target: string, method: string | undefined): string {
  const rest = /^http:\/\/[^/?]*(.*)$/i.exec(target)?.[1] ?? target;
  if (rest === "") return method === "OPTIONS" ? "*" : "/";
  return rest.startsWith("?") ? `/${rest}` : rest;
}

export function judgeAnswer({ raw, method }: CorpusCase, { heard, ended }: Outcome): Verdict {
  const isHead = method === "HEAD";
  if (ended === "rst") return { kind: "refused", why: "reset" };
  const meant = readResponse(raw, { isHead, ended: true });
  if (meant.kind !== "message" && heard.includes("evil")) return { kind: "unsafe", why: "a second answer" };
  const read = readResponse(heard, { isHead, ended: ended === "fin" });
  if (read.kind === "part") return { kind: "refused", why: heard === "" ? "no answer" : "broken off" };
  if (read.kind === "fault") return { kind: "unsafe", why: read.why };
  const status = read.message.line.slice(9, 12);
  if (status === "502" && !(meant.kind === "message" && meant.message.line.includes(" 502"))) return { kind: "refused", why: "502" };
  if (read.rest !== "") return { kind: "unsafe", why: "octets behind the answer" };
  if (meant.kind !== "message") return { kind: "safe", why: "" };
  if (meant.message.line.slice(9, 12) !== status) return { kind: "unsafe", why: `status ${status}` };
  return meant.message.body === read.message.body ? { kind: "safe", why: "" } : { kind: "unsafe", why: "another body" };
}
