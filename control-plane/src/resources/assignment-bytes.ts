import { encode, type Messages, messageField } from "@fairlead/proto";

const ASSIGNMENT = "envoy.config.endpoint.v3.ClusterLoadAssignment";
const LOCALITY = "envoy.config.endpoint.v3.LocalityLbEndpoints";
const LB_ENDPOINT = "envoy.config.endpoint.v3.LbEndpoint";
type Assignment = Messages[typeof ASSIGNMENT]["input"];
type Locality = Messages[typeof LOCALITY]["input"];
type LbEndpoint = Messages[typeof LB_ENDPOINT]["input"];

/** Field numbers of endpoint.proto and endpoint_components.proto. */
const FIELDS = { assignmentEndpoints: 2, localityEndpoints: 2 };

/**
 * The assignment put together from endpoints that are encoded once each: of a large service one differs, and the cost follows it. Fields
 * stand in the order of their numbers, so the bytes, and with them the version, are those of the message encoded whole.
 */
export function assignmentBytes({ cluster_name = "", endpoints = [], ...rest }: Assignment): Buffer {
  const fields = endpoints.map((locality) => messageField(FIELDS.assignmentEndpoints, localityBytes(locality)));
  return Buffer.concat([encode(ASSIGNMENT, { cluster_name }), ...fields, encode(ASSIGNMENT, rest)]);
}

/** `locality` is field 1, the endpoints are field 2, everything else comes after them. */
function localityBytes({ locality = null, lb_endpoints = [], ...rest }: Locality): Buffer {
  return Buffer.concat([encode(LOCALITY, { locality }), ...lb_endpoints.map(endpointBytes), encode(LOCALITY, rest)]);
}

const known = new WeakMap<LbEndpoint, Buffer>();

/** As a field of its locality. Whoever makes the messages uses one object for an endpoint that stayed the same, and its bytes are kept with it. */
function endpointBytes(endpoint: LbEndpoint): Buffer {
  let bytes = known.get(endpoint);
  if (bytes === undefined) {
    bytes = messageField(FIELDS.localityEndpoints, encode(LB_ENDPOINT, endpoint));
    known.set(endpoint, bytes);
  }
  return bytes;
}
