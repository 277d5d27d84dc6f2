// How our sidecar says which resources of a response it refused, so that the others of that response count as accepted.

import { type Any__Output, DecodeError, decode, type PackedAny, packAny, typeUrl } from "@fairlead/proto";

const RESOURCE_ERROR = "envoy.service.discovery.v3.ResourceError";

export interface RefusedResource {
  readonly name: string;
  /** For a person to act on. */
  readonly reason: string;
}

/** What goes into `error_detail.details` of a NACK: one `ResourceError` for each refused resource. */
export function refusedToDetails(refused: readonly RefusedResource[]): PackedAny[] {
  return refused.map(({ name, reason }) =>
    packAny(RESOURCE_ERROR, { resource_name: { name }, error_detail: { code: 3, message: reason } }),
  );
}

/**
 * The resources that `error_detail.details` of a NACK names, each once, at most `limit`. Details of other types, and bytes that do
 * not decode, say nothing: a foreign client puts there what it likes.
 */
export function refusedFromDetails(details: readonly Any__Output[], limit: number): readonly RefusedResource[] {
  const refused = new Map<string, RefusedResource>();
  for (const { type_url, value } of details) {
    if (type_url !== typeUrl(RESOURCE_ERROR) || refused.size >= limit) continue;
    const one = refusedResource(value);
    if (one !== undefined) refused.set(one.name, one);
  }
  return [...refused.values()];
}

function refusedResource(value: Buffer): RefusedResource | undefined {
  try {
    const { resource_name, error_detail } = decode(RESOURCE_ERROR, value);
    const name = resource_name?.name ?? "";
    return name === "" ? undefined : { name, reason: error_detail?.message ?? "" };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
