import type { Struct, Struct__Output } from "./gen/google/protobuf/Struct.js";
import type { Value, Value__Output } from "./gen/google/protobuf/Value.js";

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A JSON object as google.protobuf.Struct (node.metadata, filter_metadata). Throws RangeError at NaN and infinities, which JSON lacks. */
export function structFrom(value: JsonObject): Struct {
  return { fields: Object.fromEntries(Object.entries(value).map(([key, item]) => [key, valueFrom(item)])) };
}

/** A decoded google.protobuf.Struct as a JSON object. A value with no kind set, which JSON lacks, becomes null. */
export function structTo(struct: Struct__Output): JsonObject {
  return Object.fromEntries(Object.entries(struct.fields).map(([key, item]) => [key, valueTo(item)]));
}

function valueFrom(value: JsonValue): Value {
  if (value === null) return { null_value: "NULL_VALUE" };
  if (typeof value === "string") return { string_value: value };
  if (typeof value === "boolean") return { bool_value: value };
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new RangeError(`${value} is not a JSON number`);
    return { number_value: value };
  }
  return isList(value) ? { list_value: { values: value.map(valueFrom) } } : { struct_value: structFrom(value) };
}

function valueTo(value: Value__Output): JsonValue {
  if (value.struct_value) return structTo(value.struct_value);
  if (value.list_value) return value.list_value.values.map(valueTo);
  return value.string_value ?? value.number_value ?? value.bool_value ?? null;
}

// Array.isArray alone does not narrow a union with a readonly array.
const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);
