import { fail, ok, type Result } from "@fairlead/shared";
import { EXPECTED_TIMEOUT, expectedTimeoutMs } from "../../../../resilience/index.js";
import { hostName, isFieldValue, isHost, isToken, listMembers } from "../../../field-rules.js";
import type { Reason } from "../../../local-reply.js";

/** A request's head as an engine's parser gives it. */
export interface RequestHead {
  readonly method: string;
  /** As it stood in the request line. */
  readonly target: string;
  /** `1.1`, as it stood in the request line. */
  readonly version: string;
  /** Flat: name, value, name, value; as they came, duplicates and all. */
  readonly headers: readonly string[];
}

/** How long the body is. Framing is written anew from this, never copied. */
export type Framing = { readonly kind: "none" } | { readonly kind: "length"; readonly bytes: number } | { readonly kind: "chunked" };

/** What a head that passed means. */
export interface CheckedHead {
  readonly method: string;
  /** Origin-form (or `*`), to be sent on. */
  readonly path: string;
  /** The authority to send on; undefined only in HTTP/1.0. */
  readonly host: string | undefined;
  /** `host` in lower case without its port; empty where there is none. */
  readonly hostName: string;
  readonly framing: Framing;
  readonly headers: readonly string[];
  readonly callerTimeoutMs: number;
}

export interface HeadFault {
  readonly reason: Reason;
  readonly detail: string;
}

/** More than any browser or client library sends; 100 is what Envoy and HAProxy take. */
const MAX_HEADERS = 100;

/**
 * The rules of RFC 9110 and 9112 that a parser may leave open, all refused: what two readers could understand differently
 * is a way to smuggle. Stricter than Node's parser in Host, target form, framing doubles and control characters.
 */
export function checkRequestHead(head: RequestHead): Result<CheckedHead, HeadFault> {
  if (head.version !== "1.1" && head.version !== "1.0") return refuse(`HTTP/${head.version} is not spoken here`, "version-not-supported");
  if (!isToken(head.method)) return refuse("the method is not a token (RFC 9110 section 9.1)");
  if (head.method === "CONNECT") return refuse("CONNECT asks for a forward proxy; this is none", "method-not-allowed");
  const fields = readFields(head.headers);
  if (!fields.ok) return fields;
  const framing = framingOf(fields.value, head.version);
  if (!framing.ok) return framing;
  const host = oneHost(fields.value.hosts, head.version);
  if (!host.ok) return host;
  const target = readTarget(head, host.value);
  if (!target.ok) return target;
  const { path, host: authority } = target.value;
  return ok({
    method: head.method,
    path,
    host: authority,
    hostName: hostName(authority ?? ""),
    framing: framing.value,
    headers: head.headers,
    callerTimeoutMs: callerTimeoutMs(head.headers),
  });
}

/** The few headers whose meaning decides here. */
interface Fields {
  readonly hosts: string[];
  readonly lengths: string[];
  readonly codings: string[];
}

function readFields(headers: readonly string[]): Result<Fields, HeadFault> {
  const fields: Fields = { hosts: [], lengths: [], codings: [] };
  let upgrade = "";
  if (headers.length > MAX_HEADERS * 2) return refuse(`more than ${MAX_HEADERS} headers`, "head-too-large");
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? "";
    const value = headers[index + 1] ?? "";
    if (!isToken(name)) return refuse("a header's name is not a token (RFC 9110 section 5.1)");
    if (!isFieldValue(value)) return refuse(`the value of ${name.slice(0, 80)} holds a control character (RFC 9110 section 5.5)`);
    switch (name.toLowerCase()) {
      case "host":
        fields.hosts.push(value);
        break;
      case "content-length":
        fields.lengths.push(value);
        break;
      case "transfer-encoding":
        fields.codings.push(value);
        break;
      case "upgrade":
        upgrade += `,${value}`;
        break;
      case "expect":
        if (value.toLowerCase() !== "100-continue") return refuse("an Expect other than 100-continue", "expectation-failed");
        break;
    }
  }
  // Other protocols are declined by forwarding the request without them (RFC 9110 section 7.8); a WebSocket client cannot go on.
  if (listMembers(upgrade).includes("websocket")) return refuse("WebSocket is not forwarded by this version", "not-implemented");
  return ok(fields);
}

/** RFC 9112 section 6. Equal doubles are refused too: somebody on the way may have meant one of them. */
function framingOf({ lengths, codings }: Fields, version: string): Result<Framing, HeadFault> {
  const length = lengths[0];
  if (codings.length > 0) {
    if (length !== undefined) return refuse("both Content-Length and Transfer-Encoding (RFC 9112 section 6.1)");
    if (version === "1.0") return refuse("Transfer-Encoding in HTTP/1.0 (RFC 9112 section 6.1)");
    if (codings.length > 1 || codings[0]?.toLowerCase() !== "chunked")
      return refuse("a Transfer-Encoding other than chunked", "not-implemented");
    return ok({ kind: "chunked" });
  }
  if (length === undefined) return ok({ kind: "none" });
  if (lengths.length > 1) return refuse("more than one Content-Length (RFC 9112 section 6.3)");
  if (!/^[0-9]+$/.test(length)) return refuse("a Content-Length that is no decimal number (RFC 9110 section 8.6)");
  const bytes = Number(length);
  if (!Number.isSafeInteger(bytes)) return refuse("a Content-Length beyond 2^53-1");
  return ok({ kind: "length", bytes });
}

function oneHost(hosts: readonly string[], version: string): Result<string | undefined, HeadFault> {
  const host = hosts[0];
  if (hosts.length > 1) return refuse("more than one Host (RFC 9112 section 3.2)");
  if (host === undefined) return version === "1.0" ? ok(undefined) : refuse("no Host (RFC 9112 section 3.2)");
  return isHost(host) ? ok(host) : refuse("a Host that is not host[:port] (RFC 9110 section 7.2)");
}

type Target = Pick<CheckedHead, "path" | "host">;

function readTarget({ method, target }: RequestHead, host: string | undefined): Result<Target, HeadFault> {
  if (!/^[\x21-\x7e]+$/.test(target)) return refuse("a request target with a space, control or non-ASCII character");
  if (target.includes("#")) return refuse("a fragment in the request target (RFC 9112 section 3.2)");
  if (target.startsWith("/")) return ok({ path: target, host });
  if (target === "*") return method === "OPTIONS" ? ok({ path: "*", host }) : refuse("`*` is a target of OPTIONS only");
  return absoluteTarget({ method, target }, host);
}

/** Absolute-form (RFC 9112 section 3.2.2): we are the server it names, so it must agree with Host and becomes origin-form. */
function absoluteTarget({ method, target }: { method: string; target: string }, host: string | undefined): Result<Target, HeadFault> {
  const match = /^http:\/\/([^/?]*)(.*)$/i.exec(target);
  if (match === null) return refuse("a request target that is neither a path nor an http: URI");
  const authority = match[1] ?? "";
  const rest = match[2] ?? "";
  if (authority === "" || authority.startsWith(":")) return refuse("an http: URI without a host");
  if (!isHost(authority)) return refuse("an http: URI whose authority is not host[:port]");
  if (host !== undefined && host.toLowerCase() !== authority.toLowerCase()) return refuse("Host differs from the request target's host");
  const bare = method === "OPTIONS" ? "*" : "/";
  return ok({ path: rest === "" ? bare : rest.startsWith("/") ? rest : `/${rest}`, host: authority });
}

function refuse(detail: string, reason: Reason = "bad-request"): Result<never, HeadFault> {
  return fail({ reason, detail: `Refused: ${detail}.` });
}

function callerTimeoutMs(headers: readonly string[]): number {
  const said = headers.filter((_, index) => headers[index - 1]?.toLowerCase() === EXPECTED_TIMEOUT.toLowerCase() && index % 2 === 1);
  return Math.min(Number.POSITIVE_INFINITY, ...said.map(expectedTimeoutMs));
}
