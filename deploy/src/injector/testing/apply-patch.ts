import type { PatchOperation } from "../json-patch.js";

type Json = Record<string, unknown>;

/** Applies `add` operations to a copy, as RFC 6902 section 4.1 says: into lists by insertion, into maps by replacement. */
export function applyPatch<T>(document: T, patch: readonly PatchOperation[]): T {
  const copy = structuredClone(document);
  for (const { path, value } of patch) add(copy, path, structuredClone(value));
  return copy;
}

function add(document: unknown, path: string, value: unknown): void {
  const keys = path
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = keys.pop();
  if (last === undefined) throw new Error("the whole document is never replaced");
  let target = document;
  for (const key of keys) target = (target as Json)[key];
  if (Array.isArray(target)) {
    const at = last === "-" ? target.length : Number(last);
    if (!Number.isInteger(at) || at > target.length) throw new Error(`${path} is outside the list`);
    target.splice(at, 0, value);
  } else if (typeof target === "object" && target !== null) (target as Json)[last] = value;
  else throw new Error(`${path}: nothing to add to`);
}
