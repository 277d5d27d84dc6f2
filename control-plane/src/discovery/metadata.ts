// What registrations say beside the address, cut to a size that is safe to keep, save and show.

/** More than any framework seen registers; a registration is no document store. */
export const MAX_METADATA_KEYS = 32;
const MAX_KEY_LENGTH = 64;
const MAX_VALUE_LENGTH = 256;

/**
 * Strings, numbers and booleans of a registration's own fields, as text, sorted by key so that order is no change; other values and what exceeds
 * the limits are left out. `undefined` when nothing is left: most endpoints carry none, and an absent field costs nothing.
 */
export function boundedMetadata(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> | undefined {
  const kept: [string, string][] = [];
  for (const key of Object.keys(fields).sort()) {
    if (kept.length === MAX_METADATA_KEYS) break;
    const value = fields[key];
    const simple = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
    if (!simple || key.length > MAX_KEY_LENGTH) continue;
    const text = String(value);
    if (text.length <= MAX_VALUE_LENGTH) kept.push([key, text]);
  }
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
