import { encode, type MessageName, type Messages, RESOURCE_TYPES } from "@fairlead/proto";
import { contentHash } from "@fairlead/shared";
import type { Reference, Resource } from "../xds/index.js";

/** What callers must have before a Listener or route that leads there is of any use to them (decision D4). */
export function leadsTo(service: string): readonly Reference[] {
  return [
    { typeUrl: RESOURCE_TYPES.cluster, name: service },
    { typeUrl: RESOURCE_TYPES.assignment, name: service },
  ];
}

/** One resource as the view receives it; its version is the hash of exactly these bytes (invariant 7). */
export function encoded<N extends MessageName>(type: N, name: string, message: Messages[N]["input"]): Resource {
  return resourceOf(name, encode(type, message));
}

/** A resource of bytes that are already there. */
export function resourceOf(name: string, value: Buffer): Resource {
  return { name, version: contentHash(value), value };
}

/** The same with metadata beside it, which is part of the version. */
export function withMetadata(resource: Resource, metadata: NonNullable<Resource["metadata"]>): Resource {
  return { ...resource, version: contentHash(JSON.stringify([resource.version, metadata])), metadata };
}
