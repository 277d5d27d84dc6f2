// How readings are made and compared: what did not change keeps its reference (invariant 6).

import type { EndpointId } from "@fairlead/shared";
import type { Completeness, Endpoint, Quarantined, Reading } from "./source.js";

export const COMPLETE: Completeness = { kind: "complete" };
const NO_QUARANTINE: readonly Quarantined[] = [];

export function partial(reason: string): Completeness {
  return { kind: "partial", reason };
}

/** Whether two announcements say the same, place included. */
export function sameEndpoint(one: Endpoint, other: Endpoint): boolean {
  return (
    one === other ||
    (one.id === other.id &&
      one.weight === other.weight &&
      one.zone === other.zone &&
      one.instance === other.instance &&
      (one.priority ?? 0) === (other.priority ?? 0) &&
      sameMetadata(one.metadata, other.metadata) &&
      one.draining === other.draining &&
      one.place === other.place)
  );
}

/** Metadata is made with its keys sorted (see metadata.ts), so that equal content is equal text. */
function sameMetadata(one: Endpoint["metadata"], other: Endpoint["metadata"]): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

export interface NewReading {
  /** Of two with one id the first counts. */
  readonly endpoints: Iterable<Endpoint>;
  readonly quarantined?: readonly Quarantined[];
  readonly completeness: Completeness;
  readonly mark?: string | undefined;
}

/**
 * A reading that reuses whatever it can of `previous`: each equal endpoint, or the whole of it. A new mark alone makes
 * no new reading: `mark` is the source's version when the content last changed.
 */
export function nextReading(previous: Reading | undefined, next: NewReading): Reading {
  const endpoints = new Map<EndpointId, Endpoint>();
  let changed = false;
  for (const endpoint of next.endpoints) {
    if (endpoints.has(endpoint.id)) continue;
    const before = previous?.endpoints.get(endpoint.id);
    const same = before !== undefined && sameEndpoint(before, endpoint);
    endpoints.set(endpoint.id, same ? before : endpoint);
    if (!same) changed = true;
  }
  const quarantined = sameQuarantined(previous?.quarantined, next.quarantined ?? NO_QUARANTINE);
  if (
    previous !== undefined &&
    !changed &&
    endpoints.size === previous.endpoints.size &&
    quarantined === previous.quarantined &&
    sameCompleteness(previous.completeness, next.completeness)
  ) {
    return previous;
  }
  return {
    endpoints: previous !== undefined && !changed && endpoints.size === previous.endpoints.size ? previous.endpoints : endpoints,
    quarantined,
    completeness: next.completeness,
    ...(next.mark === undefined ? {} : { mark: next.mark }),
  };
}

/** `previous` if it says the same as `next`. */
export function sameQuarantined(previous: readonly Quarantined[] | undefined, next: readonly Quarantined[]): readonly Quarantined[] {
  if (previous === undefined || previous.length !== next.length) return next;
  const equal = previous.every((item, index) => item.place === next[index]?.place && item.reason === next[index]?.reason);
  return equal ? previous : next;
}

export function sameCompleteness(one: Completeness, other: Completeness): boolean {
  return one.kind === "partial" ? other.kind === "partial" && one.reason === other.reason : other.kind === "complete";
}
