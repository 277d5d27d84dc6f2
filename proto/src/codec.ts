import type protobuf from "protobufjs";
import { converterOf } from "./canonical.js";
import type { Messages } from "./gen/messages.js";
import { CONVERSION, root } from "./root.js";
import { StrictReader } from "./strict-reader.js";

/** The full name of a message in the schema, e.g. "envoy.config.cluster.v3.Cluster". */
export type MessageName = keyof Messages;

/** google.protobuf.Any as it travels: the type URL and the bytes, in both directions. Never unpacked by itself. */
export interface PackedAny {
  type_url: string;
  value: Buffer;
}

/** Bytes that are not the message they are said to be. The text names the message and what is wrong with the bytes. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

const types = new Map<MessageName, protobuf.Type>();

function typeOf(name: MessageName): protobuf.Type {
  let type = types.get(name);
  if (type === undefined) {
    type = root.lookupType(name);
    types.set(name, type);
  }
  return type;
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * The bytes of a message, the same for equal messages: fields by number, map keys sorted, defaults left out. Throws TypeError, naming the
 * place, at a field the schema does not have (a typo must not vanish), at a value of the wrong type or range, and at a second member of a oneof.
 */
export function encode<N extends MessageName>(name: N, message: Messages[N]["input"]): Buffer {
  const type = typeOf(name);
  const canonical = converterOf(type)(message, [name]) as protobuf.Message;
  return asBuffer(type.encode(canonical).finish());
}

/**
 * The message in `bytes`. Absent messages are null, absent lists and maps empty, absent scalars their default; a member of a oneof that is not
 * set is undefined. Unknown fields are skipped, and an enum value newer than the schema stays a number. `bytes` fields (Any.value) are views
 * into the input, not copies. Throws DecodeError.
 */
export function decode<N extends MessageName>(name: N, bytes: Uint8Array): Messages[N]["output"] {
  const type = typeOf(name);
  try {
    const plain: unknown = type.toObject(type.decode(new StrictReader(asBuffer(bytes))), CONVERSION);
    return plain as Messages[N]["output"];
  } catch (cause) {
    throw new DecodeError(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** "type.googleapis.com/" and the name: what an Any calls this message. */
export function typeUrl<N extends MessageName>(name: N): `type.googleapis.com/${N}` {
  return `type.googleapis.com/${name}`;
}

/** A message in an Any. Throws as `encode` does. */
export function packAny<N extends MessageName>(name: N, message: Messages[N]["input"]): PackedAny {
  return { type_url: typeUrl(name), value: encode(name, message) };
}
