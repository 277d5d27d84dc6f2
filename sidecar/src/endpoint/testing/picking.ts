import type { PickPolicy, PickSettings } from "../model.js";

/** A policy with the defaults of the xDS schema. */
export function pickingBy(policy: PickPolicy, change: Partial<PickSettings> = {}): PickSettings {
  const tables = { ringSize: { least: 1_024, most: 8_388_608 }, tableSize: 65_537, balancePercent: undefined };
  const reports = { blackoutMs: 10_000, expirationMs: 180_000, updateMs: 1_000, errorPenalty: 1 };
  return { policy, choices: 2, ...tables, reports, ...change };
}
