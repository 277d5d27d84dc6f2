// Why a request, or a TCP connection, ended as it did. The list is closed: it is the label of a metric and a field of the access log.

import { REPLY_REASONS, type Reason } from "./local-reply.js";

/** Ends that are no answer of ours. Those that are have the answer's reason. */
const OTHER_ENDS = {
  answered: "the endpoint's answer was passed on whole",
  "tunnel-closed": "a WebSocket was closed by one of its sides",
  "tunnel-silent": "a WebSocket was closed here because neither side said anything",
  "tunnel-moved": "a WebSocket was closed here in order, because its endpoint or this sidecar is on its way out",
  "caller-gone": "the caller left before the answer was whole",
  "caller-not-reading": "the caller did not read its answer",
  "answer-reset": "the endpoint broke off in the middle of its answer",
  "answer-timeout": "the deadline passed in the middle of the answer",
  "answer-malformed": "the answer's body turned out not to be HTTP as we accept it",
  "drain-cut": "the sidecar's drain ended in the middle of the answer, or of a TCP connection",
  "stream-closed": "a TCP connection was closed by both of its sides",
  "stream-reset": "a TCP connection was broken off by its endpoint",
  "stream-caller-reset": "a TCP connection was broken off by its caller",
  "stream-silent": "a TCP connection was closed here because neither side said anything",
  "stream-moved": "a TCP connection was closed here in order, because its endpoint or this sidecar is on its way out",
} as const;

export type EndReason = keyof typeof OTHER_ENDS | Reason;

export const END_REASONS: readonly EndReason[] = [...(Object.keys(OTHER_ENDS) as (keyof typeof OTHER_ENDS)[]), ...REPLY_REASONS];

/** What each means, for docs; of an answer of ours its title says it. */
export function meaningOf(reason: EndReason, titles: Readonly<Record<Reason, string>>): string {
  return reason in OTHER_ENDS ? OTHER_ENDS[reason as keyof typeof OTHER_ENDS] : titles[reason as Reason];
}

const GOOD: ReadonlySet<EndReason> = new Set(["answered", "tunnel-closed", "tunnel-moved", "stream-closed", "stream-moved"]);

/** Everything went as it should, as far as we can tell. */
export function isGoodEnd(reason: EndReason): boolean {
  return GOOD.has(reason);
}
