// How a call ends: its status as trailers (PROTOCOL-HTTP2, "Responses").

import { truncated } from "../limits.js";
import { STATUS, type StreamStatus } from "../stream-machine.js";

/** Clients take 8 KiB of headers (gRPC's usual limit), and every byte of the text may become three. */
const DETAILS_BYTES = 2_048;
/** Everything but what may stand as it is; a blank at either end is no part of a header's value (RFC 9113 8.2.1). */
const ENCODED = /^ +| +$|[^\x20-\x24\x26-\x7e]+/gu;

export function trailersOf({ code, details }: StreamStatus): Record<string, string> {
  if (code === STATUS.ok) return { "grpc-status": "0" };
  return { "grpc-status": String(code), "grpc-message": percentEncoded(truncated(details, DETAILS_BYTES)) };
}

/** UTF-8 with `%` and two digits for every byte that is no printable ASCII, and for `%` itself. */
function percentEncoded(text: string): string {
  return text.replace(ENCODED, (part) => Buffer.from(part).toString("hex").toUpperCase().replaceAll(/../g, "%$&"));
}
