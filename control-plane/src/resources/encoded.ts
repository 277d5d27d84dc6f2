import { encode, type MessageName, type Messages } from "@fairlead/proto";
import { contentHash } from "@fairlead/shared";
import type { Resource } from "../xds/index.js";

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
