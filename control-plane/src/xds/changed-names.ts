// Which names of a type differ between two views: found once for all streams that go from the one to the other.

import { changedKeys } from "@fairlead/shared";
import type { ResourceSet } from "./resource-set.js";

/** By the newer of the two. The older is not kept alive for it, or it would keep the one before it, and so on. */
const known = new WeakMap<ResourceSet, { readonly before: WeakRef<ResourceSet>; readonly names: ReadonlySet<string> }>();

export function changedNames(before: ResourceSet, after: ResourceSet): ReadonlySet<string> {
  const last = known.get(after);
  if (last?.before.deref() === before) return last.names;
  const names = changedKeys(before.resources, after.resources);
  known.set(after, { before: new WeakRef(before), names });
  return names;
}
