// Endpoints that a person wrote down: the static source and the file source read them alike.

import { endpointId, parseAddress } from "@fairlead/shared";
import type { StaticEndpointSettings } from "../config/index.js";
import { boundedMetadata } from "./metadata.js";
import { COMPLETE, nextReading } from "./reading.js";
import type { Completeness, Endpoint, Quarantined, Reading } from "./source.js";

/** What of a list its reader had to set aside. */
export interface SetAside {
  readonly quarantined: readonly Quarantined[];
  /** Partial when one of these may be an endpoint. */
  readonly completeness: Completeness;
}

const NOTHING_ASIDE: SetAside = { quarantined: [], completeness: COMPLETE };

/** The reading of one written list. An unreadable or repeated address is quarantined with its reason. */
export function readingOfList(
  list: readonly StaticEndpointSettings[],
  previous: Reading | undefined,
  { quarantined: setAside, completeness }: SetAside = NOTHING_ASIDE,
): Reading {
  const endpoints = new Map<string, Endpoint>();
  const quarantined = [...setAside];
  for (const written of list) {
    const address = parseAddress(written.address);
    if (!address.ok) {
      quarantined.push({ place: written.place, reason: address.error });
      continue;
    }
    const id = endpointId(address.value);
    const first = endpoints.get(id);
    if (first !== undefined) {
      quarantined.push({ place: written.place, reason: `${id} is already listed at ${first.place}` });
      continue;
    }
    endpoints.set(id, {
      id,
      ...address.value,
      weight: written.weight,
      zone: written.zone,
      ...(written.instance === undefined ? {} : { instance: written.instance }),
      ...metadataOf(written),
      ...(written.weight === 0 ? { draining: DRAINED_BY_WEIGHT } : {}),
      place: written.place,
    });
  }
  return nextReading(previous, { endpoints: endpoints.values(), quarantined, completeness });
}

function metadataOf({ metadata }: StaticEndpointSettings): Pick<Endpoint, "metadata"> {
  const bounded = metadata === undefined ? undefined : boundedMetadata(metadata);
  return bounded === undefined ? {} : { metadata: bounded };
}

/** Weight 0 is how a list says "no new work". */
export const DRAINED_BY_WEIGHT = "weight 0";
