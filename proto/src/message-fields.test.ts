import { expect, test } from "vitest";
import { encode } from "./codec.js";
import { messageField } from "./message-fields.js";

const ASSIGNMENT = "envoy.config.endpoint.v3.ClusterLoadAssignment";
const LOCALITY = "envoy.config.endpoint.v3.LocalityLbEndpoints";

test.each([0, 1, 20, 3_000])("fields put together by hand are the bytes of the whole message, with %i of them", (count) => {
  const lb_endpoints = Array.from({ length: count }, (_, index) => ({
    endpoint: { address: { socket_address: { address: `10.0.0.${index}`, port_value: index + 1 } } },
  }));
  const endpoints = [{ locality: { zone: "a".repeat(count) }, lb_endpoints }];
  const whole = encode(ASSIGNMENT, { cluster_name: "shop", endpoints });
  const parts = endpoints.map((locality) => messageField(2, encode(LOCALITY, locality)));
  expect(Buffer.concat([encode(ASSIGNMENT, { cluster_name: "shop" }), ...parts])).toEqual(whole);
});
