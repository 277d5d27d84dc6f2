// What a source that is only compared says otherwise: the evidence for a migration.

import type { Comparison } from "../registry/index.js";
import type { AdminState } from "./state.js";
import { iso } from "./time.js";

export function comparisonView({ source, state, because, sinceMs, divergences, differences }: Comparison) {
  return {
    with: source,
    state,
    ...(because === undefined ? {} : { because }),
    since: iso(sinceMs),
    divergences,
    ...(differences === undefined
      ? {}
      : {
          similarity: Math.round(differences.similarity * 1_000) / 1_000,
          both: differences.both,
          onlyHere: differences.onlyHere,
          onlyThere: differences.onlyThere,
          differing: differences.differing,
        }),
  };
}

/** Every compared service in numbers; the lists are in the view of the service. */
export function comparisonsView({ registry }: AdminState) {
  const comparisons = [...registry.comparisons].sort(([one], [other]) => (one < other ? -1 : 1));
  const counts = { same: 0, differs: 0, unknown: 0 };
  for (const [, { state }] of comparisons) counts[state]++;
  return {
    ...counts,
    services: comparisons.map(([service, comparison]) => {
      const { onlyHere, onlyThere, differing, both: _, ...rest } = { ...NOTHING, ...comparisonView(comparison) };
      return { service: service as string, ...rest, onlyHere: onlyHere.count, onlyThere: onlyThere.count, differing: differing.count };
    }),
  };
}

const NOTHING = { onlyHere: { count: 0 }, onlyThere: { count: 0 }, differing: { count: 0 }, both: 0 };
