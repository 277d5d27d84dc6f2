// Answers of the sidecar itself. The list of reasons is closed: it is the label of a metric and part of the contract.

type Fault = "caller" | "sidecar" | "upstream";

/** Reason phrases (RFC 9110 section 15) of the statuses that answers of our own have. */
const PHRASES = {
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  414: "URI Too Long",
  417: "Expectation Failed",
  431: "Request Header Fields Too Large",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
} as const;

/** What a caller may do with the same request: `if-idempotent` because the endpoint may have acted on it. */
type RetryAdvice = "safe" | "if-idempotent" | "useless";

interface ReasonSpec {
  readonly status: keyof typeof PHRASES;
  readonly title: string;
  readonly fault: Fault;
  readonly retry: RetryAdvice;
  readonly action: string;
  /** The connection cannot be trusted or kept. */
  readonly closes: boolean;
}

const REASONS = {
  "bad-request": {
    status: 400,
    title: "The request is malformed",
    fault: "caller",
    retry: "useless",
    action: "Correct the request; the detail names the rule it breaks.",
    closes: true,
  },
  "no-route": {
    status: 404,
    title: "No upstream for this host",
    fault: "caller",
    retry: "useless",
    action: "Add the host to http.hosts of the sidecar's configuration, or send a Host it knows.",
    closes: false,
  },
  "method-not-allowed": {
    status: 405,
    title: "This is no forward proxy",
    fault: "caller",
    retry: "useless",
    action: "Send the request itself instead of CONNECT.",
    closes: true,
  },
  "request-timeout": {
    status: 408,
    title: "The request did not arrive in time",
    fault: "caller",
    retry: "if-idempotent",
    action: "Send the whole request without long pauses.",
    closes: true,
  },
  "expectation-failed": {
    status: 417,
    title: "Only 100-continue can be expected",
    fault: "caller",
    retry: "useless",
    action: "Leave the Expect header out.",
    closes: true,
  },
  "content-too-large": {
    status: 413,
    title: "The request's body is too large",
    fault: "caller",
    retry: "useless",
    action: "Send less, or raise limits.bodyBytes of the sidecar's configuration.",
    closes: true,
  },
  "target-too-long": {
    status: 414,
    title: "The request's target is too long",
    fault: "caller",
    retry: "useless",
    action: "Send a request line of at most 8 KiB; put what is longer into the body.",
    closes: true,
  },
  "head-too-large": {
    status: 431,
    title: "The request's headers are too large",
    fault: "caller",
    retry: "useless",
    action: "Send at most 100 headers and 32 KiB of them.",
    closes: true,
  },
  "not-implemented": {
    status: 501,
    title: "This kind of request is not forwarded",
    fault: "sidecar",
    retry: "useless",
    action: "Reach the service without what the detail names.",
    closes: true,
  },
  "not-http": {
    status: 501,
    title: "The service does not speak HTTP",
    fault: "caller",
    retry: "useless",
    action: "Give the service a listen of its own in the sidecar's configuration, or set protocol: http1 for it in the control plane's.",
    closes: true,
  },
  "version-not-supported": {
    status: 505,
    title: "Only HTTP/1.0 and HTTP/1.1 are spoken here",
    fault: "caller",
    retry: "useless",
    action: "Send HTTP/1.1.",
    closes: true,
  },
  "upstream-unreachable": {
    status: 502,
    title: "No connection to the service",
    fault: "upstream",
    retry: "safe",
    action: "Nothing was sent. Retry after a moment; see /clusters of the sidecar for its endpoints.",
    closes: false,
  },
  "upstream-reset": {
    status: 502,
    title: "The service broke off before it answered",
    fault: "upstream",
    retry: "if-idempotent",
    action: "The endpoint may have acted on the request. Look at its log for a crash or a restart.",
    closes: false,
  },
  "upstream-bad-response": {
    status: 502,
    title: "The service's answer is not acceptable HTTP",
    fault: "upstream",
    retry: "if-idempotent",
    action: "The endpoint's answer breaks HTTP/1.1 framing or header rules; it must be corrected there.",
    closes: false,
  },
  "not-ready": {
    status: 503,
    title: "The sidecar does not know the service's endpoints yet",
    fault: "sidecar",
    retry: "safe",
    action: "Check that the control plane is reachable and knows the service; /ready of the sidecar lists what is missing.",
    closes: false,
  },
  "no-endpoints": {
    status: 503,
    title: "The service has no usable endpoint",
    fault: "upstream",
    retry: "safe",
    action: "See /v1/services/{name} of the control plane for what keeps its endpoints out.",
    closes: false,
  },
  overloaded: {
    status: 503,
    title: "Too many requests to the service are under way",
    fault: "upstream",
    retry: "safe",
    action: "Nothing was sent. Back off before retrying.",
    closes: false,
  },
  shed: {
    status: 503,
    title: "The sidecar is overloaded",
    fault: "sidecar",
    retry: "safe",
    action: "Nothing was sent. Back off before retrying; /clusters of the sidecar says what it sheds load for.",
    closes: false,
  },
  draining: {
    status: 503,
    title: "The sidecar is stopping",
    fault: "sidecar",
    retry: "if-idempotent",
    action: "Send the request again on a new connection.",
    closes: true,
  },
  "upstream-timeout": {
    status: 504,
    title: "The service did not answer in time",
    fault: "upstream",
    retry: "if-idempotent",
    action: "The endpoint may still act on the request. Raise the service's timeout if it is meant to take this long.",
    closes: false,
  },
} as const satisfies Readonly<Record<string, ReasonSpec>>;

export type Reason = keyof typeof REASONS;

export const REPLY_REASONS = Object.keys(REASONS) as readonly Reason[];

/** By reason, for docs. */
export const REPLY_SPECS: Readonly<Record<Reason, ReasonSpec>> = REASONS;

export interface LocalReply {
  readonly status: keyof typeof PHRASES;
  readonly reason: Reason;
  /** Flat: name, value, name, value. Without Connection and Date, which are the engine's. */
  readonly headers: readonly string[];
  /** application/problem+json (RFC 9457). */
  readonly body: string;
  /** Connection: close belongs on it. */
  readonly closes: boolean;
}

/** Retries made of a request that failed: what can be tried again has been, next to the failure, and nobody above has to. */
export const RETRIED = "X-Fairlead-Retried";

/** The answer for `reason`; `detail` says what about this request. @param retried tries beyond the first; undefined where there was none */
export function localReply(reason: Reason, detail: string, retried?: number): LocalReply {
  const { status, title, fault, retry, action, closes } = REASONS[reason];
  const type = `urn:fairlead:reason:${reason}`;
  const body = `${JSON.stringify({ type, title, status, detail, reason, fault, retry, action, retried })}\n`;
  const headers = [
    "Content-Type",
    "application/problem+json",
    "Content-Length",
    String(Buffer.byteLength(body)),
    "X-Fairlead-Reason",
    reason,
  ];
  headers.push("Cache-Control", "no-store");
  if (retried !== undefined) headers.push(RETRIED, String(retried));
  if (status === 503) headers.push("Retry-After", "1");
  // RFC 9110 section 15.5.6: it says what would be allowed.
  if (status === 405) headers.push("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE");
  return { status, reason, headers, body, closes };
}

/** It as bytes of HTTP/1.1. @param closes whether it says that the connection ends with it @param isHead the answer to HEAD has no body */
export function replyBytes({ status, headers, body }: LocalReply, { closes, isHead }: { closes: boolean; isHead: boolean }): Buffer {
  const lines = [`HTTP/1.1 ${status} ${PHRASES[status]}`];
  for (let index = 0; index + 1 < headers.length; index += 2) lines.push(`${headers[index]}: ${headers[index + 1]}`);
  if (closes) lines.push("Connection: close");
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${isHead ? "" : body}`);
}
