// Chunked coding as it is written: sizes in hexadecimal, no extensions, and of trailers only what cannot change a message's meaning.

import type { TrailerBytes } from "./body-reader.js";
import { FIELD } from "./known-fields.js";
import type { Wire } from "./wire.js";

const CRLF = Buffer.from("\r\n");
const LAST = Buffer.from("0\r\n\r\n");
/** Fields that frame, route, authorise or describe a message must not come after it (RFC 9110 section 6.5.1). */
const NOT_IN_TRAILERS =
  /^(?:accept|age|authorization|cache-control|connection|content-|cookie|date|expect|expires|host|if-|keep-alive|location|max-forwards|pragma|proxy-|range|retry-after|set-cookie|te$|trailer|transfer-encoding|upgrade|vary|via|warning|www-authenticate|x-forwarded-|x-request-id)/;

/** One chunk; `payload` must stay as it is until the wire is flushed. */
export function putChunk(wire: Wire, payload: Uint8Array): void {
  wire.write(Buffer.from(`${payload.length.toString(16)}\r\n`, "latin1"));
  wire.write(payload);
  wire.write(CRLF);
}

export function putLastChunk(wire: Wire, trailers: TrailerBytes | undefined): void {
  const text = trailers === undefined ? "" : trailerText(trailers);
  wire.write(text === "" ? LAST : Buffer.from(`0\r\n${text}\r\n`, "latin1"));
}

function trailerText({ bytes, fields }: TrailerBytes): string {
  let text = "";
  for (let index = 0; index < fields.count; index++) {
    const name = bytes.toString("latin1", fields.nameStart[index], fields.nameEnd[index]);
    if (fields.kind[index] !== FIELD.other || NOT_IN_TRAILERS.test(name.toLowerCase())) continue;
    text += `${name}: ${bytes.toString("latin1", fields.valueStart[index], fields.valueEnd[index])}\r\n`;
  }
  return text;
}
