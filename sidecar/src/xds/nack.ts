import { type DeltaDiscoveryRequest, packAny } from "@fairlead/proto";

/** google.rpc.Code. */
const INVALID_ARGUMENT = 3;
/** Names spelled out in the message itself; the details name all of them. */
const MAX_NAMED_IN_MESSAGE = 5;
/** The longest reason that travels: a few fields with their values. */
const MAX_REASON_LENGTH = 500;

/** A resource that was not applied, and why. */
export interface Refused {
  readonly name: string;
  readonly reason: string;
}

/** Confirms a response: everything in it is in force. */
export function ack(typeUrl: string, nonce: string): DeltaDiscoveryRequest {
  return { type_url: typeUrl, response_nonce: nonce };
}

/**
 * Says what of a response was not applied. Everything else in it is in force (invariant 8), which the server
 * learns from the details: one ResourceError per refused name (decision D5).
 */
export function nack(typeUrl: string, nonce: string, refused: readonly Refused[]): DeltaDiscoveryRequest {
  const named = refused.slice(0, MAX_NAMED_IN_MESSAGE).map(({ name, reason }) => `${name}: ${reason.slice(0, MAX_REASON_LENGTH)}`);
  const more = refused.length - named.length;
  const message = `${refused.length} refused, the others applied. ${named.join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
  return { type_url: typeUrl, response_nonce: nonce, error_detail: { code: INVALID_ARGUMENT, message, details: refused.map(detailOf) } };
}

/** Answers a response of a type that was never asked for. */
export function nackType(typeUrl: string, nonce: string): DeltaDiscoveryRequest {
  return { type_url: typeUrl, response_nonce: nonce, error_detail: { code: INVALID_ARGUMENT, message: `${typeUrl} was not subscribed` } };
}

function detailOf({ name, reason }: Refused) {
  return packAny("envoy.service.discovery.v3.ResourceError", {
    resource_name: { name },
    error_detail: { code: INVALID_ARGUMENT, message: reason.slice(0, MAX_REASON_LENGTH) },
  });
}
