// Whether saved settings for callers still read as what they were: another version may have written them.

import { isHashing, LB_POLICIES, type OutlierSettings } from "../config/index.js";

/** Every field absent or of its kind; what a client would refuse of it is not served anyhow. */
export function isCalling(value: object): boolean {
  const { lb, slowStartMs, outlier, limits, subset, hedgePercent } = value as Fields;
  return (
    isLb(lb) &&
    isCount(slowStartMs, 1) &&
    isFields(outlier, OUTLIER_FIELDS) &&
    isFields(limits, ["maxRequests", "maxConnections"]) &&
    (subset === undefined || isSize((subset as Fields | null)?.["size"])) &&
    isCount(hedgePercent, 1)
  );
}

type Fields = Readonly<Record<string, unknown>>;

const OUTLIER_FIELDS = [
  "intervalMs",
  "baseEjectionTimeMs",
  "maxEjectionPercent",
  "consecutive5xx",
  "failurePercentageThreshold",
] as const satisfies readonly (keyof OutlierSettings)[];

function isLb(value: unknown): boolean {
  const { policy, hashOn, balancePercent } = (value ?? {}) as Fields;
  const known = LB_POLICIES.find((each) => each === policy);
  if (known === undefined) return false;
  return isHashing(known) ? isHashOn(hashOn) && isCount(balancePercent, 100) : hashOn === undefined;
}

function isHashOn(value: unknown): boolean {
  const { header, cookie, ttlMs, sourceAddress } = (value ?? {}) as Fields;
  return typeof header === "string" || (typeof cookie === "string" && isCount(ttlMs, 0)) || sourceAddress === true;
}

/** Absent, or counts under these names and no others. */
function isFields(value: unknown, names: readonly string[]): boolean {
  if (value === undefined) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).every(([name, count]) => names.includes(name) && isCount(count, 0));
}

function isSize(value: unknown): boolean {
  return value !== undefined && isCount(value, 1);
}

function isCount(value: unknown, least: number): boolean {
  return value === undefined || (Number.isSafeInteger(value) && (value as number) >= least);
}
