// Every limit and time-out of the data plane, with its reason. LIMITS.md is this table; `io/limits.test.ts` has a test for each row.

interface Limit {
  readonly value: number;
  readonly unit: "bytes" | "ms" | "count" | "digits" | "percent";
  /** What it bounds. */
  readonly of: string;
  /** What happens on hitting it. */
  readonly outcome: string;
  readonly why: string;
}

export const LIMITS = {
  connections: {
    value: 8_192,
    unit: "count",
    of: "callers' connections to one listener (`limits.connections`)",
    outcome: "the connection is closed at once and counted as refused",
    why: "each costs some 10 KB idle and may park a body buffer: some 100 MB in all",
  },
  "connection-requests": {
    value: 10_000,
    unit: "count",
    of: "requests on one connection",
    outcome: "the answer says Connection: close",
    why: "a connection is recycled now and then, so that load spreads after a restart",
  },
  "head-time": {
    value: 10_000,
    unit: "ms",
    of: "a request's head, from its first byte or the opening of the connection to its last byte",
    outcome: "408 request-timeout",
    why: "slowloris: who sends a head byte by byte holds a connection for nothing",
  },
  "idle-time": {
    value: 75_000,
    unit: "ms",
    of: "a caller's connection between two requests",
    outcome: "the connection is closed",
    why: "above the 60 s that callers' pools commonly keep idle connections, so that they close first",
  },
  "request-line-bytes": {
    value: 8 * 1_024,
    unit: "bytes",
    of: "a request line",
    outcome: "414 target-too-long",
    why: "RFC 9112 section 3 asks for 8,000 at least",
  },
  "head-bytes": {
    value: 32 * 1_024,
    unit: "bytes",
    of: "a request's head",
    outcome: "431 head-too-large",
    why: "the same as Envoy's 60 KiB in order of magnitude; Node's 16 KiB is less than large cookies need",
  },
  "head-fields": {
    value: 100,
    unit: "count",
    of: "fields in a request's head",
    outcome: "431 head-too-large",
    why: "more than any browser or client library sends; 100 is what Envoy and HAProxy take",
  },
  "body-bytes": {
    value: Number.POSITIVE_INFINITY,
    unit: "bytes",
    of: "a request's body (`limits.bodyBytes`)",
    outcome: "413 content-too-large, before a byte of it is read where its length is said",
    why: "bodies pass through and nothing here grows with them; what is too large for a service, its operator knows",
  },
  "body-silence": {
    value: 30_000,
    unit: "ms",
    of: "silence of a caller in the middle of its request's body",
    outcome: "408 request-timeout, or a broken answer where one has begun",
    why: "longer than any pause of a live sender, shorter than what holds an endpoint for nothing",
  },
  "body-rate": {
    value: 1_024,
    unit: "bytes",
    of: "least that a caller sends of a body in each 30 s in which only it is waited for",
    outcome: "408 request-timeout, or a broken answer where one has begun",
    why: "slow body: a byte every 29 s is no silence, and holds an endpoint all the same; streams of small events send more",
  },
  "reader-silence": {
    value: 30_000,
    unit: "ms",
    of: "what was written to a caller and does not leave: a write of at most 64 KiB, so a reader takes 2 KiB/s at least",
    outcome: "the connection is reset",
    why: "slow reader: it holds an endpoint, its connection and a buffer here",
  },
  "dropped-body": {
    value: 64 * 1_024,
    unit: "bytes",
    of: "an unread body that is read and dropped to keep the connection",
    outcome: "the answer says Connection: close",
    why: "one read; beyond it closing is cheaper",
  },
  "linger-time": {
    value: 2_000,
    unit: "ms",
    of: "reading on after the last answer, so that it is heard",
    outcome: "the connection is reset",
    why: "a caller that has not noticed an answer by then is not going to",
  },
  "tunnel-silence": {
    value: 3_600_000,
    unit: "ms",
    of: "silence of both sides of a WebSocket or a TCP connection",
    outcome: "both connections are closed",
    why: "WebSockets ping every minute or so, pools of databases keep idle connections for long; half-open ones would stay for ever",
  },
  "chunk-size-digits": {
    value: 13,
    unit: "digits",
    of: "a chunk's size",
    outcome: "400 bad-request, or 502 upstream-bad-response",
    why: "2^52: beyond any body, and exact",
  },
  "chunk-extension-bytes": {
    value: 256,
    unit: "bytes",
    of: "chunk extensions of one line",
    outcome: "400 bad-request, or 502 upstream-bad-response",
    why: "nobody uses them, and a flood of them is an attack (CVE-2024-22019)",
  },
  "chunk-extensions-bytes": {
    value: 8 * 1_024,
    unit: "bytes",
    of: "chunk extensions of one body",
    outcome: "400 bad-request, or 502 upstream-bad-response",
    why: "small ones on many small chunks are the same attack",
  },
  "trailer-bytes": {
    value: 4 * 1_024,
    unit: "bytes",
    of: "a trailer section",
    outcome: "400 bad-request, or a broken answer",
    why: "it is collected before it is sent on",
  },
  "answer-head-bytes": {
    value: 32 * 1_024,
    unit: "bytes",
    of: "an answer's head",
    outcome: "502 upstream-bad-response",
    why: "it is collected before it is understood; as much as a request's",
  },
  "interim-answers": {
    value: 32,
    unit: "count",
    of: "interim answers (1xx) before an answer",
    outcome: "502 upstream-bad-response",
    why: "more is a flood",
  },
  "upstream-idle-time": {
    value: 4_000,
    unit: "ms",
    of: "an idle connection to an endpoint, or what its Keep-Alive says less a second",
    outcome: "the connection is closed",
    why: "below the 5 s of Node's own servers, the shortest common keep-alive, so that we close before they do",
  },
  "upstream-idle": {
    value: 256,
    unit: "count",
    of: "idle connections to one endpoint",
    outcome: "the connection is closed instead of kept",
    why: "as many as a busy endpoint needs; more were a burst",
  },
  "queued-requests": {
    value: 256,
    unit: "count",
    of: "requests that wait while as many as may are under way to their service, and no more than those",
    outcome: "503 overloaded",
    why: "a burst waits for a moment instead of failing; who waits behind more than are under way waits for longer than one of them takes",
  },
  "queue-time": {
    value: 1_000,
    unit: "ms",
    of: "waiting there, or up to the deadline",
    outcome: "503 overloaded",
    why: "a queue that does not empty within it is no burst: every further wait only adds to the latency of all",
  },
  "in-flight": {
    value: 8_192,
    unit: "count",
    of: "requests under way in this process (`shed.inFlight`)",
    outcome: "503 shed until a fifth of them is gone",
    why: "as many as one full listener's connections: each may hold a buffer of 64 KiB on both sides",
  },
  "loop-delay": {
    value: 1_000,
    unit: "ms",
    of: "mean delay of the event loop in each of two half seconds (`shed.loopDelay`)",
    outcome: "503 shed until it is below half of that twice",
    why: "an answer takes several turns of the loop: by then callers give up, and what they gave up on is still worked for",
  },
  "heap-share": {
    value: 90,
    unit: "percent",
    of: "what of the heap's limit is used (`shed.heapPercent`)",
    outcome: "503 shed until ten per cent less are used",
    why: "above it the collector runs all the time; at the limit the process ends with every request in it",
  },
  "access-log-bytes": {
    value: 1_024 * 1_024,
    unit: "bytes",
    of: "lines of the access log that have not left",
    outcome: "lines are dropped and counted",
    why: "some 3,000 lines; no request waits for who reads the log",
  },
} as const satisfies Readonly<Record<string, Limit>>;

export type LimitName = keyof typeof LIMITS;

export const LIMIT_NAMES = Object.keys(LIMITS) as readonly LimitName[];

/** How often each limit was hit. */
export class LimitHits {
  readonly #counts: Readonly<Record<LimitName, { value: number }>> = Object.fromEntries(
    LIMIT_NAMES.map((name) => [name, { value: 0 }]),
  ) as Record<LimitName, { value: number }>;

  hit(name: LimitName): void {
    this.#counts[name].value++;
  }

  of(name: LimitName): number {
    return this.#counts[name].value;
  }
}

/** The table of LIMITS.md. */
export function limitsTable(): string {
  const rows = LIMIT_NAMES.map((name) => {
    const { value, unit, of, outcome, why } = LIMITS[name] as Limit;
    return `| \`${name}\` | ${valueText(value, unit)} | ${of} | ${outcome} | ${why} |`;
  });
  return ["| limit | value | of | what happens | why |", "| --- | --- | --- | --- | --- |", ...rows].join("\n");
}

function valueText(value: number, unit: Limit["unit"]): string {
  if (!Number.isFinite(value)) return "none";
  if (unit === "ms") return `${value / 1_000} s`;
  if (unit === "bytes") return value >= 1_024 ? `${value / 1_024} KiB` : `${value} bytes`;
  if (unit === "percent") return `${value} %`;
  return unit === "digits" ? `${value} digits` : String(value);
}
