// What the formats have in common: a registration's fields, each checked before it is believed, become an endpoint.

import { type Address, DEFAULT_WEIGHT, DEFAULT_ZONE, endpointId, isWeight, MAX_WEIGHT } from "@fairlead/shared";
import { boundedMetadata } from "../../metadata.js";
import type { Endpoint } from "../../source.js";
import { DRAINED_BY_WEIGHT } from "../../static-members.js";
import type { Fields } from "./json-object.js";

const MAX_INSTANCE_LENGTH = 256;
const ZONE = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/;

export interface Registration {
  readonly address: Address;
  /** Path of the znode. */
  readonly place: string;
  readonly weight?: number | undefined;
  readonly zone?: unknown;
  /** What names the process; never the name of a sequential znode, which is new at every registration. */
  readonly instance?: unknown;
  readonly priority?: number | undefined;
  readonly draining?: string | undefined;
  readonly metadata?: Fields | undefined;
}

/** The endpoint of a registration; weight 0 drains. What is no zone or no instance is left out. */
export function endpointOf(registration: Registration): Endpoint {
  const { address, place, weight = DEFAULT_WEIGHT, zone, instance, priority } = registration;
  const draining = registration.draining ?? (weight === 0 ? DRAINED_BY_WEIGHT : undefined);
  const metadata = registration.metadata === undefined ? undefined : boundedMetadata(registration.metadata);
  return {
    id: endpointId(address),
    ...address,
    weight,
    zone: typeof zone === "string" && ZONE.test(zone) ? zone : DEFAULT_ZONE,
    ...(typeof instance === "string" && instance !== "" && instance.length <= MAX_INSTANCE_LENGTH ? { instance } : {}),
    ...(priority === undefined ? {} : { priority }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(draining === undefined ? {} : { draining }),
    place,
  };
}

/** A weight on our own scale, as text or number; what is none is ignored. */
export function writtenWeight(value: unknown): number | undefined {
  const weight = typeof value === "string" && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return isWeight(weight) ? weight : undefined;
}

/** A weight whose 1.0 is the ordinary one. Little work must not become none: above 0 it is at least 1. */
export function scaledWeight(factor: number): number {
  if (factor <= 0) return 0;
  return Math.max(1, Math.min(MAX_WEIGHT, Math.round(factor * DEFAULT_WEIGHT)));
}
