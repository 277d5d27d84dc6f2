// How a call begins: what its request headers say of it (PROTOCOL-HTTP2, "Requests").

import { STATUS, type StreamStatus } from "../stream-machine.js";

/** As node:http2 gives them. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

export type CallHead =
  | { readonly kind: "call"; readonly path: string; readonly timeoutMs: number | undefined }
  /** gRPC, and cannot be served. */
  | { readonly kind: "refused"; readonly status: StreamStatus; readonly headers: Readonly<Record<string, string>> }
  /** Whoever does not speak gRPC is told in the words of HTTP. */
  | { readonly kind: "foreign"; readonly httpStatus: 405 | 415 };

/** `application/grpc` and its encodings, not `application/grpc-web`, which frames its trailers. */
const CONTENT_TYPE = /^application\/grpc(?:$|[+;])/i;
const TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

const NONE: Readonly<Record<string, string>> = {};

export function readCallHead(headers: Headers): CallHead {
  if (headers[":method"] !== "POST") return { kind: "foreign", httpStatus: 405 };
  if (!CONTENT_TYPE.test(String(headers["content-type"]))) return { kind: "foreign", httpStatus: 415 };
  const encoding = headers["grpc-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    const details = `messages compressed with ${String(encoding).slice(0, 60)} are not read here: send them as they are`;
    return { kind: "refused", status: { code: STATUS.unimplemented, details }, headers: { "grpc-accept-encoding": "identity" } };
  }
  const timeout = headers["grpc-timeout"];
  const timeoutMs = timeout === undefined ? undefined : timeoutOf(String(timeout));
  if (timeout !== undefined && timeoutMs === undefined) {
    const details = `Invalid grpc-timeout value "${String(timeout).slice(0, 60)}"`;
    return { kind: "refused", status: { code: STATUS.internal, details }, headers: NONE };
  }
  return { kind: "call", path: String(headers[":path"]), timeoutMs };
}

/** What a client hears that calls what is not served. */
export function notServed(path: string): StreamStatus {
  return { code: STATUS.unimplemented, details: `The server does not implement the method ${path.slice(0, 200)}` };
}

function timeoutOf(text: string): number | undefined {
  const [, amount, unit = ""] = TIMEOUT.exec(text) ?? [];
  return amount === undefined ? undefined : Math.ceil(Number(amount) * (UNIT_MS[unit] ?? 1));
}
