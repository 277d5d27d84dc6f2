import { DEFAULT_WEIGHT, MAX_WEIGHT } from "@fairlead/shared";
import type { ServiceRecord } from "./alias-chain.js";

/** An SRV record in our terms. */
export interface WeightedTarget {
  readonly target: string;
  readonly port: number;
  /** From 0 without gaps: 0 is used first. */
  readonly priority: number;
  /** 1 to 10000: in DNS, weight 0 means "seldom", here it would mean "drain" (RFC 2782). */
  readonly weight: number;
}

/**
 * Priorities are ranks: only their order means anything. Weights are compared within a priority only: where all are 0 nobody
 * cares, and all get the default; above 10000 they are scaled down.
 * @param records in order of priority
 */
export function weightedTargets(records: readonly ServiceRecord[]): readonly WeightedTarget[] {
  const ranks = new Map<number, { readonly rank: number; highest: number }>();
  for (const { priority, weight } of records) {
    const known = ranks.get(priority);
    if (known === undefined) ranks.set(priority, { rank: ranks.size, highest: weight });
    else known.highest = Math.max(known.highest, weight);
  }
  return records.map(({ priority, weight, port, target }) => {
    const { rank, highest } = ranks.get(priority) ?? { rank: 0, highest: 0 };
    return { target, port, priority: rank, weight: scaled(weight, highest) };
  });
}

function scaled(weight: number, highest: number): number {
  if (highest === 0) return DEFAULT_WEIGHT;
  return Math.max(1, highest <= MAX_WEIGHT ? weight : Math.round((weight * MAX_WEIGHT) / highest));
}
