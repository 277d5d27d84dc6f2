import type { Metadata__Output } from "@fairlead/proto";
import { FAIRLEAD_METADATA, ok, type Result } from "@fairlead/shared";
import { refusal } from "./refusal.js";

/**
 * A text under `filter_metadata["fairlead"]`, undefined when it is not there. Reads the one field instead of converting
 * the whole Struct: an assignment has one per endpoint, and what others nest in it is not ours to walk.
 */
export function ownMetadata(metadata: Metadata__Output | null, key: string, place: string): Result<string | undefined> {
  const value = metadata?.filter_metadata[FAIRLEAD_METADATA]?.fields[key];
  if (value === undefined) return ok(undefined);
  const text = value.string_value;
  return typeof text === "string" ? ok(text) : refusal(`${place}.${FAIRLEAD_METADATA}.${key}`, "another kind of value", "a text");
}

/** Whether a yes stands there. */
export function ownFlag(metadata: Metadata__Output | null, key: string): boolean {
  return metadata?.filter_metadata[FAIRLEAD_METADATA]?.fields[key]?.bool_value === true;
}

/** A number there, likewise. */
export function ownNumber(metadata: Metadata__Output | null, key: string, place: string): Result<number | undefined> {
  const value = metadata?.filter_metadata[FAIRLEAD_METADATA]?.fields[key];
  if (value === undefined) return ok(undefined);
  const number = value.number_value;
  return typeof number === "number" ? ok(number) : refusal(`${place}.${FAIRLEAD_METADATA}.${key}`, "another kind of value", "a number");
}
