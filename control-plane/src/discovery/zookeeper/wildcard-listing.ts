import { COMPLETE, sameCompleteness, sameQuarantined } from "../reading.js";
import type { Completeness, ListingState, Quarantined } from "../source.js";
import type { WildcardServices } from "./wildcard-services.js";

/** What all `*` say together: seen once each was read on this connection; until then as it was. */
export function nextListing(before: ListingState, wildcards: readonly WildcardServices[]): ListingState {
  let completeness: Completeness = COMPLETE;
  const quarantined: Quarantined[] = [];
  for (const wildcard of wildcards) {
    if (wildcard.completeness === undefined) return before;
    if (completeness.kind === "complete") completeness = wildcard.completeness;
    quarantined.push(...wildcard.quarantined);
  }
  const previous = before.kind === "pending" ? undefined : before.quarantined;
  const same = sameQuarantined(previous, quarantined);
  if (before.kind === "seen" && same === previous && sameCompleteness(before.completeness, completeness)) return before;
  return { kind: "seen", completeness, quarantined: same };
}

/** Sight is lost: what was seen is stale since then, and what was never seen has a reason. */
export function lostListing(before: ListingState, sinceMs: number, cause: string): ListingState {
  if (before.kind === "pending") return before.cause === cause ? before : { kind: "pending", cause };
  const since = before.kind === "stale" ? before.sinceMs : sinceMs;
  return { kind: "stale", sinceMs: since, cause, quarantined: before.quarantined };
}
