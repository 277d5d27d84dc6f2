import type { PickPolicy, PickSettings } from "../model.js";

/** A policy with the defaults of the xDS schema. */
export function pickingBy(policy: PickPolicy, change: Partial<PickSettings> = {}): PickSettings {
  return { policy, choices: 2, ringSize: { least: 1_024, most: 8_388_608 }, tableSize: 65_537, balancePercent: undefined, ...change };
}
