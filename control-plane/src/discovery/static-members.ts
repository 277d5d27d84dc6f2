// Endpoints that a person wrote down: the static source and the file source read them alike.

import { endpointId, parseAddress } from "@fairlead/shared";
import type { StaticEndpointSettings } from "../config/index.js";
import { COMPLETE, nextReading } from "./reading.js";
import type { Endpoint, Quarantined, Reading } from "./source.js";

/** The complete reading of one written list. An unreadable or repeated address is quarantined with its reason. */
export function readingOfList(
  list: readonly StaticEndpointSettings[],
  previous: Reading | undefined,
  alreadyQuarantined: readonly Quarantined[] = [],
): Reading {
  const endpoints = new Map<string, Endpoint>();
  const quarantined = [...alreadyQuarantined];
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
      ...(written.weight === 0 ? { draining: DRAINED_BY_WEIGHT } : {}),
      place: written.place,
    });
  }
  return nextReading(previous, { endpoints: endpoints.values(), quarantined, completeness: COMPLETE });
}

/** Weight 0 is how a list says "no new work". */
export const DRAINED_BY_WEIGHT = "weight 0";
