// What a delta client says most: that it took a response, and nothing else. Read by hand, because of all that a server of many clients
// does this is done most often; whatever is not exactly that is left to the decoder.

import { RESOURCE_TYPES } from "@fairlead/proto";
import type { Asked, StreamRequest } from "./stream-request.js";

/** `type_url` is field 2 and `response_nonce` field 6 of DeltaDiscoveryRequest, both strings. */
const TYPE_URL_TAG = (2 << 3) | 2;
const NONCE_TAG = (6 << 3) | 2;
/** Lengths above it take a second byte. */
const ONE_BYTE = 0x7f;

const ASKS_NOTHING: Asked = { kind: "delta", subscribe: [], unsubscribe: [], held: new Map() };

interface Known {
  readonly typeUrl: string;
  readonly bytes: Buffer;
}

/** By length: no two are of the same. The text is always the same object, whose hash is not computed again. */
const TYPES: ReadonlyMap<number, Known> = new Map(
  Object.values(RESOURCE_TYPES).map((typeUrl) => [typeUrl.length, { typeUrl, bytes: Buffer.from(typeUrl) }]),
);

/** The request, if it is the ACK of a response of a type we know, with its fields in their usual order. */
export function readPlainAck(bytes: Buffer): StreamRequest | undefined {
  const typeLength = bytes[1] ?? 0;
  const nonceTag = 2 + typeLength;
  const nonceStart = nonceTag + 2;
  const nonceLength = bytes[nonceTag + 1] ?? 0;
  if (bytes[0] !== TYPE_URL_TAG || bytes[nonceTag] !== NONCE_TAG || nonceLength > ONE_BYTE) return undefined;
  if (bytes.length !== nonceStart + nonceLength) return undefined;
  const known = TYPES.get(typeLength);
  if (known === undefined || bytes.compare(known.bytes, 0, typeLength, 2, nonceTag) !== 0) return undefined;
  for (let at = nonceStart; at < bytes.length; at++) if ((bytes[at] ?? 0) > ONE_BYTE) return undefined;
  const nonce = bytes.toString("latin1", nonceStart);
  return { node: undefined, typeUrl: known.typeUrl, nonce, refusal: undefined, asked: ASKS_NOTHING };
}
