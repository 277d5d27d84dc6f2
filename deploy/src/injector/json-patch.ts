/** One step of a JSON Patch (RFC 6902). Adding is all the injector does; `add` on a member that exists replaces it (section 4.1). */
export interface PatchOperation {
  readonly op: "add";
  /** JSON Pointer (RFC 6901). */
  readonly path: string;
  readonly value: unknown;
}

/** Writes a JSON Pointer; `~` and `/` inside a key become `~0` and `~1` (RFC 6901 section 3). */
export function pointer(...keys: readonly (string | number)[]): string {
  return keys.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
