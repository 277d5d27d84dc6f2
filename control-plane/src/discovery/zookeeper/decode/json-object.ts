import { ok, type Result } from "@fairlead/shared";
import { shown } from "./address.js";
import { malformed, type Rejection } from "./rejection.js";

/** Fields of a foreign JSON object; each is checked before it is believed. */
export type Fields = Readonly<Record<string, unknown>>;

/** The object that a znode's data is. */
export function jsonObject(data: Uint8Array): Result<Fields, Rejection> {
  return jsonObjectOf(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("utf8"));
}

export function jsonObjectOf(text: string): Result<Fields, Rejection> {
  if (text.trim() === "") return malformed("no data");
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? ok(value) : malformed(`data ${shown(text)} is not a JSON object`);
  } catch {
    return malformed(`data ${shown(text)} is not JSON`);
  }
}

export function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
