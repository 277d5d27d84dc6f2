import type { ResourceChange, ResourceSet } from "./resource-set.js";

/**
 * Of these resources the oldest change since `lookedMs`. A stream that was busy for several versions is sent the last one, and with it
 * all the changes that it waited for.
 */
export function oldestChange(set: ResourceSet | undefined, names: readonly string[], lookedMs: number): ResourceChange | undefined {
  let oldest: ResourceChange | undefined;
  for (const name of names) {
    const change = set?.resources.get(name)?.changes?.find(({ publishedMs }) => publishedMs > lookedMs);
    if (change !== undefined && (oldest === undefined || change.eventMs < oldest.eventMs)) oldest = change;
  }
  return oldest;
}
