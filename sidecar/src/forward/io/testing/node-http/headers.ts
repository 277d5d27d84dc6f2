// What is sent on of the headers that came: everything that is not about the connection it came on.

import { EXPECTED_TIMEOUT } from "../../../../resilience/index.js";
import { listMembers } from "../../../field-rules.js";
import { LOAD_METRICS } from "../../../load-metrics.js";
import type { CheckedHead, Framing } from "./request-head.js";

/** About one connection whatever Connection says (RFC 9110 section 7.6.1), or written anew here. */
const NEVER_FORWARDED: ReadonlySet<string> = new Set([
  "connection",
  "expect",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** A `Connection` header may not remove these: that is how a caller would strip framing, identity or our own additions. */
const PROTECTED: ReadonlySet<string> = new Set(["authorization", "content-length", "cookie", "host", "transfer-encoding"]);

/** From an endpoint to us alone. */
export const FAILS_CHECKS = "x-envoy-immediate-health-check-fail";

const NOTHING_NOMINATED: ReadonlySet<string> = new Set();

export interface ForwardFacts {
  /** Address of the peer of this connection. */
  readonly peerIp: string;
  /** Stands in as Host for an HTTP/1.0 caller that sent none. */
  readonly service: string;
  /** Made only if the request brings no id. */
  readonly newRequestId: () => string;
}

/** The headers to send upstream, flat. Host and framing first, then what came in its order, then what is added. */
export function upstreamHeaders(head: CheckedHead, facts: ForwardFacts): string[] {
  const nominated = nominatedBy(head.headers);
  const sent = ["Host", head.host ?? facts.service, ...framingHeaders(head.framing, head.method)];
  let forwardedFor = "";
  let hasProto = false;
  let hasId = false;
  for (let index = 0; index + 1 < head.headers.length; index += 2) {
    const name = head.headers[index] ?? "";
    const value = head.headers[index + 1] ?? "";
    const key = name.toLowerCase();
    if (
      key === "host" ||
      key === "content-length" ||
      key === EXPECTED_TIMEOUT.toLowerCase() ||
      NEVER_FORWARDED.has(key) ||
      nominated.has(key)
    )
      continue;
    if (key === "x-forwarded-for") {
      forwardedFor += `${value}, `;
      continue;
    }
    if (key === "x-forwarded-proto") hasProto = true;
    if (key === "x-request-id") hasId = true;
    sent.push(name, value);
  }
  sent.push("X-Forwarded-For", forwardedFor + facts.peerIp);
  if (!hasProto) sent.push("X-Forwarded-Proto", "http");
  if (!hasId) sent.push("X-Request-Id", facts.newRequestId());
  return sent;
}

/** The headers of an upstream's answer to pass on, flat. Content-Length stays: the parser has checked that there is one. */
export function downstreamHeaders(headers: readonly string[]): string[] {
  const nominated = nominatedBy(headers);
  const sent: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? "";
    const key = name.toLowerCase();
    if (!NEVER_FORWARDED.has(key) && !nominated.has(key) && !LOAD_METRICS.has(key) && key !== FAILS_CHECKS)
      sent.push(name, headers[index + 1] ?? "");
  }
  return sent;
}

/** Exactly one framing (RFC 9112 section 6). A body-less POST says so, or its receiver could wait for one. */
function framingHeaders(framing: Framing, method: string): readonly string[] {
  switch (framing.kind) {
    case "chunked":
      return ["Transfer-Encoding", "chunked"];
    case "length":
      return ["Content-Length", String(framing.bytes)];
    case "none":
      return USUALLY_WITHOUT_BODY.has(method) ? [] : ["Content-Length", "0"];
  }
}

const USUALLY_WITHOUT_BODY: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"]);

function nominatedBy(headers: readonly string[]): ReadonlySet<string> {
  let nominated: Set<string> | undefined;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if ((headers[index] ?? "").toLowerCase() !== "connection") continue;
    for (const name of listMembers(headers[index + 1] ?? "")) {
      if (PROTECTED.has(name) || name.startsWith("x-forwarded-")) continue;
      nominated ??= new Set();
      nominated.add(name);
    }
  }
  return nominated ?? NOTHING_NOMINATED;
}
