import { fail } from "@fairlead/shared";

/** Long enough to recognise a value by, short enough that a hostile resource does not fill logs and NACKs. */
const MAX_SHOWN = 80;

/** A reason a person can act on: which field, what it holds, what would do. */
export function refusal(field: string, found: unknown, wanted: string): { readonly ok: false; readonly error: string } {
  return fail(`${field} is ${shown(found)}, expected ${wanted}`);
}

function shown(found: unknown): string {
  if (found === undefined || found === null) return "absent";
  const text = typeof found === "string" ? JSON.stringify(found) : String(found);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
