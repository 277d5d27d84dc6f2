import { type Cursor, nearest } from "@fairlead/shared";
import type { DefaultsText } from "./schema.js";
import type { MembershipSettings } from "./settings.js";

type Feeds = Pick<MembershipSettings, "sources" | "merge" | "compare">;

/** Ends a comparison that `defaults` begins. */
const NOTHING = "none";

/** Which sources feed a service, how they are put together, and which one it is compared with. */
export function readFeeds(
  text: Pick<DefaultsText, "sources" | "merge" | "compare">,
  { under, cursor, known }: { readonly under: Feeds; readonly cursor: Cursor; readonly known: readonly string[] },
): Feeds {
  for (const [index, name] of (text.sources ?? []).entries()) refuseUnknown(name, cursor.down("sources", index), known);
  if (text.compare !== undefined && text.compare !== NOTHING) refuseUnknown(text.compare, cursor.down("compare"), known);
  const sources = text.sources ?? under.sources;
  const compare = text.compare === NOTHING ? undefined : (text.compare ?? under.compare);
  if (compare !== undefined && sources?.includes(compare) === true) {
    cursor
      .down(text.compare === undefined ? "sources" : "compare")
      .refuse(`"${compare}" feeds the service: it cannot be compared with itself too`);
  }
  return {
    ...(sources === undefined ? {} : { sources }),
    merge: text.merge ?? under.merge,
    ...(compare === undefined ? {} : { compare }),
  };
}

function refuseUnknown(name: string, cursor: Cursor, known: readonly string[]): void {
  if (known.includes(name)) return;
  const meant = nearest(name, known);
  const hint = meant === undefined ? `the sources are ${known.join(", ") || "none"}` : `did you mean "${meant}"?`;
  cursor.refuse(`no source is called "${name}"; ${hint}`);
}
