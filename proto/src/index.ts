/** The xDS v3 schema as far as Fairlead speaks it: types, codec, services. */
export { DecodeError, decode, encode, type MessageName, type PackedAny, packAny, typeUrl } from "./codec.js";
export { durationFromMs, msFromDuration } from "./duration.js";
export type { Messages } from "./gen/messages.js";
export type * from "./gen/wire-types.js";
export { messageField } from "./message-fields.js";
export { RESOURCE_TYPES, type ResourceTypeUrl } from "./resource-types.js";
export { type StreamMethod, services } from "./services.js";
export { type JsonObject, type JsonValue, structFrom, structTo } from "./struct.js";
