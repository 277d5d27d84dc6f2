// The fields a proxy has to know, found by their bytes without making a string of every name.

import { EXPECTED_TIMEOUT } from "../../resilience/index.js";
import { LOWER } from "./octets.js";

export const FIELD = {
  other: 0,
  host: 1,
  contentLength: 2,
  transferEncoding: 3,
  connection: 4,
  upgrade: 5,
  expect: 6,
  forwardedFor: 7,
  forwardedProto: 8,
  requestId: 9,
  /** About one connection whatever Connection says (RFC 9110 section 7.6.1). */
  hopByHop: 10,
  keepAlive: 11,
  /** A `Connection` field may not have these removed: so would identity be stripped. */
  guarded: 12,
  /** Of an answer: what the endpoint says of its load (ORCA, gRFC A51), for us alone. */
  loadReport: 13,
  /** Names an endpoint or a version: ours alone to say where we say it. */
  answerMark: 14,
  /** Of an answer: for us and for the caller. */
  retryAfter: 15,
  /** Of an answer: the endpoint wants no more traffic, for us alone (a service behind us would be taken for it). */
  failsChecks: 16,
  /** How long the sender waits: written anew for every try. */
  expectedTimeout: 17,
} as const;

const KINDS: readonly (readonly [string, number])[] = [
  ["host", FIELD.host],
  ["content-length", FIELD.contentLength],
  ["transfer-encoding", FIELD.transferEncoding],
  ["connection", FIELD.connection],
  ["upgrade", FIELD.upgrade],
  ["expect", FIELD.expect],
  ["x-forwarded-for", FIELD.forwardedFor],
  ["x-forwarded-proto", FIELD.forwardedProto],
  ["x-request-id", FIELD.requestId],
  ["keep-alive", FIELD.keepAlive],
  ["http2-settings", FIELD.hopByHop],
  ["proxy-authenticate", FIELD.hopByHop],
  ["proxy-authorization", FIELD.hopByHop],
  ["proxy-connection", FIELD.hopByHop],
  ["te", FIELD.hopByHop],
  ["trailer", FIELD.hopByHop],
  ["endpoint-load-metrics", FIELD.loadReport],
  ["endpoint-load-metrics-bin", FIELD.hopByHop],
  ["x-fairlead-endpoint", FIELD.answerMark],
  ["x-fairlead-version", FIELD.answerMark],
  ["retry-after", FIELD.retryAfter],
  ["x-envoy-immediate-health-check-fail", FIELD.failsChecks],
  [EXPECTED_TIMEOUT.toLowerCase(), FIELD.expectedTimeout],
  ["authorization", FIELD.guarded],
  ["cookie", FIELD.guarded],
];

interface Known {
  readonly name: Uint8Array;
  readonly kind: number;
}

const LONGEST = 1 + Math.max(...KINDS.map(([name]) => name.length));
const BY_LENGTH: readonly (readonly Known[])[] = Array.from({ length: LONGEST }, (_, length) =>
  KINDS.filter(([name]) => name.length === length).map(([name, kind]) => ({ name: Buffer.from(name, "latin1"), kind })),
);

/** What the name in `bytes` from `start` to `end` means, in whatever case. */
export function fieldKind(bytes: Uint8Array, start: number, end: number): number {
  const candidates = BY_LENGTH[end - start];
  if (candidates === undefined) return FIELD.other;
  for (let index = 0; index < candidates.length; index++) {
    const known = candidates[index];
    if (known !== undefined && isNamed(bytes, start, known.name)) return known.kind;
  }
  return FIELD.other;
}

/** Whether the bytes at `start` are `name`, which is in lower case. */
export function isNamed(bytes: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let index = 0; index < name.length; index++) {
    if (LOWER[bytes[start + index] ?? 0] !== name[index]) return false;
  }
  return true;
}
