// Deterministic subsetting: which of a large service's endpoints a client is told of. Node ids hash into slots, so that views stay few.

import type { EndpointId } from "@fairlead/shared";
import type { SnapshotEndpoint } from "../snapshot/index.js";
import { callable } from "./callable.js";
import { priorityGroups } from "./priority-groups.js";

/** More would even out finer and cost a view each (decision D6). */
export const SUBSET_SLOTS = 64;

/** The slot of a client, the same on every replica and after every restart. */
export function slotOf(nodeId: string): number {
  return spread(nodeId) % SUBSET_SLOTS;
}

export interface Subsetting {
  readonly service: string;
  readonly size: number;
}

/** Whether a client would be told of less than everything. */
export function isSubsetting(endpoints: readonly SnapshotEndpoint[], { size }: Subsetting): boolean {
  return endpoints.length > size && priorityGroups(callable(endpoints)).some(({ members }) => members.length > size);
}

/**
 * Those of the callable endpoints that clients of this slot are told of: `size` of each priority that has more. The endpoints stand in a ring
 * in the order of a hash, and slot 1, 2, 3 and so on begins at the 64th, 128th, ... part of it: each endpoint is in as many slots as any
 * other, or in one more, and one that comes or goes moves at most two in each slot.
 */
export function subsetOf(endpoints: readonly SnapshotEndpoint[], slot: number, { service, size }: Subsetting): readonly SnapshotEndpoint[] {
  return priorityGroups(callable(endpoints)).flatMap(({ members }) => {
    if (members.length <= size) return members;
    const ring = members
      .map((member) => ({ member, at: spread(`${service}/${member.endpoint.id}`) }))
      .sort((one, other) => one.at - other.at || byId(one.member.endpoint.id, other.member.endpoint.id));
    const first = Math.floor((slot * ring.length) / SUBSET_SLOTS);
    return Array.from({ length: size }, (_, step) => ring[(first + step) % ring.length])
      .flatMap((entry) => (entry === undefined ? [] : [entry.member]))
      .sort((one, other) => byId(one.endpoint.id, other.endpoint.id));
  });
}

function byId(one: EndpointId, other: EndpointId): number {
  return one < other ? -1 : one === other ? 0 : 1;
}

/** FNV-1a with a finish that makes its low bits as good as its high ones; 10,000 endpoints take 64 times less than with a cryptographic hash. */
function spread(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
