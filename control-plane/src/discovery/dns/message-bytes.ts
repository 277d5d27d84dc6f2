// What can be told from the bytes of a message without decoding it: whether a reply belongs to a query, and whether it was cut.

/** RFC 1035 section 4.1.1. */
const HEADER_BYTES = 12;
const RESPONSE_BIT = 0x8000;
const TRUNCATED_BIT = 0x0200;
/** Type and class follow the name of a question. */
const TYPE_AND_CLASS_BYTES = 4;

/**
 * Whether `reply` answers `query` (one question): same id, and the same question but for case (RFC 5452 section 9.1).
 * An error may come without the question: servers that cannot read a query cannot repeat it.
 */
export function echoesQuestion(reply: Buffer, query: Buffer): boolean {
  if (reply.byteLength < HEADER_BYTES || reply.readUInt16BE(0) !== query.readUInt16BE(0)) return false;
  const flags = reply.readUInt16BE(2);
  if ((flags & RESPONSE_BIT) === 0) return false;
  const questions = reply.readUInt16BE(4);
  if (questions === 0) return (flags & 0xf) !== 0;
  return questions === 1 && sameQuestion(reply, query);
}

/** Queries are never compressed, and are written in lower case: a fold of the reply's letters is all there is to do. */
function sameQuestion(reply: Buffer, query: Buffer): boolean {
  const end = questionEnd(query);
  if (reply.byteLength < end) return false;
  for (let at = HEADER_BYTES; at < end; at++) {
    const byte = reply[at] ?? 0;
    const isCapital = byte >= 0x41 && byte <= 0x5a && at < end - TYPE_AND_CLASS_BYTES;
    if ((isCapital ? byte | 0x20 : byte) !== query[at]) return false;
  }
  return true;
}

function questionEnd(query: Buffer): number {
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0 && at < query.byteLength; length = query[at] ?? 0) at += length + 1;
  return at + 1 + TYPE_AND_CLASS_BYTES;
}

/**
 * Whether these bytes are a reply to `query` that was cut to fit a datagram. It needs no decoding, and a record cut in the
 * middle could not be decoded.
 */
export function isCutShort(reply: Buffer, query: Buffer): boolean {
  return echoesQuestion(reply, query) && (reply.readUInt16BE(2) & TRUNCATED_BIT) !== 0;
}
