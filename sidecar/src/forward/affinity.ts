// What of a request decides its endpoint where the cluster's policy hashes, and the cookie that keeps a caller there.

import type { Rng } from "@fairlead/shared";
import { hashText, seatToken } from "../balancer/index.js";
import type { EndpointState, HashOn } from "../endpoint/index.js";
import type { RequestFacts } from "./engine.js";

export interface Affinity {
  /** Of the key; undefined where the request brings none of its parts. */
  readonly hash: number | undefined;
  /** The endpoint that a cookie of ours names. */
  readonly seat: string | undefined;
  readonly cookie: MadeCookie | undefined;
}

/** A cookie that is ours to make: `key.token`, of which the key is hashed and the token names the endpoint. */
interface MadeCookie {
  readonly name: string;
  readonly key: string;
  readonly maxAgeS: number;
  readonly path: string;
}

export interface AffinityFacts {
  readonly peerIp: string;
  /** For the key of a caller that has none. */
  readonly rng: Rng;
}

const OURS = /^([0-9a-f]{16})\.([0-9a-f]{16})$/;

/** The parts found are combined in their order, as Envoy does; a terminal one that is found ends the search. */
export function affinityOf(hashOn: readonly HashOn[], head: RequestFacts, facts: AffinityFacts): Affinity {
  let hash: number | undefined;
  let seat: string | undefined;
  let cookie: MadeCookie | undefined;
  for (const part of hashOn) {
    let value = partOf(part, head, facts.peerIp);
    if (part.kind === "cookie" && part.make !== undefined) {
      const ours = value === undefined ? [undefined, newKey(facts.rng), undefined] : OURS.exec(value);
      const key = ours?.[1];
      // Somebody else's value under this name is hashed as it is, and stays his.
      if (key !== undefined) {
        value = key;
        seat ??= ours?.[2];
        cookie ??= { name: part.name, key, ...part.make };
      }
    }
    if (value === undefined) continue;
    hash = hash === undefined ? hashText(value) : (((hash << 1) | (hash >>> 31)) ^ hashText(value)) >>> 0;
    if (part.terminal) break;
  }
  return { hash, seat, cookie };
}

/** The Set-Cookie that keeps the caller at the endpoint that answers; undefined where it has that already, or none is to be made. */
export function setCookie({ cookie, seat }: Affinity, answering: EndpointState): string | undefined {
  if (cookie === undefined) return undefined;
  const token = seatToken(answering);
  if (token === seat) return undefined;
  const age = cookie.maxAgeS === 0 ? "" : `; Max-Age=${cookie.maxAgeS}`;
  const path = cookie.path === "" ? "" : `; Path=${cookie.path}`;
  return `${cookie.name}=${cookie.key}.${token}${age}${path}; HttpOnly`;
}

function partOf(part: HashOn, head: RequestFacts, peerIp: string): string | undefined {
  switch (part.kind) {
    case "header":
      return headerOf(head.headers, part.name);
    case "cookie":
      return cookieOf(head.headers, part.name);
    case "query":
      return queryOf(head.path, part.name);
    case "source-ip":
      return peerIp;
  }
}

/** All of its lines together. */
function headerOf(headers: readonly string[], name: string): string | undefined {
  let found: string | undefined;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const each = headers[index] ?? "";
    if (each.length !== name.length || each.toLowerCase() !== name) continue;
    const value = headers[index + 1] ?? "";
    found = found === undefined ? value : `${found},${value}`;
  }
  return found;
}

/** The first of that name (RFC 6265 section 5.4), without quotes. */
function cookieOf(headers: readonly string[], name: string): string | undefined {
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if ((headers[index] ?? "").toLowerCase() !== "cookie") continue;
    for (const pair of (headers[index + 1] ?? "").split(";")) {
      const equals = pair.indexOf("=");
      if (equals === -1 || pair.slice(0, equals).trim() !== name) continue;
      return pair
        .slice(equals + 1)
        .trim()
        .replace(/^"(.*)"$/, "$1");
    }
  }
  return undefined;
}

/** As it stands there, without decoding: the same text is the same key. */
function queryOf(path: string, name: string): string | undefined {
  const start = path.indexOf("?");
  if (start === -1) return undefined;
  for (const pair of path.slice(start + 1).split("&")) {
    if (pair === name) return "";
    if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1);
  }
  return undefined;
}

/** 64 random bits in hex. */
function newKey(rng: Rng): string {
  const word = () =>
    Math.floor(rng.next() * 4_294_967_296)
      .toString(16)
      .padStart(8, "0");
  return word() + word();
}
