// What clients refuse of a ClusterLoadAssignment. "Tried" is with grpc-go 1.85, grpc-java 1.85, C-core 1.51 and 1.85 and grpc-js-xds 1.14.

import type { Messages } from "@fairlead/proto";
import { canonicalIp, isPort } from "@fairlead/shared";
import { firstOf, type RefusalRule, repeated, WEIGHT_SUM_MAX } from "./refusal-rule.js";

type Assignment = Messages["envoy.config.endpoint.v3.ClusterLoadAssignment"]["input"];
type Locality = NonNullable<Assignment["endpoints"]>[number];

/** endpoint_components.proto: LocalityLbEndpoints.priority. */
const PRIORITY_MAX = 128;

/** In the order they are looked at. */
export const ASSIGNMENT_REFUSALS: readonly RefusalRule<Assignment>[] = [
  {
    source: "endpoint.proto: cluster_name has at least one character",
    find: ({ cluster_name }) => (cluster_name ? undefined : "cluster_name is empty"),
  },
  {
    source: "tried: Java, C-core and Node refuse host names; Envoy takes them from DNS clusters only",
    find: (message) =>
      firstEndpoint(message, (address, port) =>
        canonicalIp(address) !== undefined && isPort(port)
          ? undefined
          : `${address || "an endpoint without address"}:${port} is no IP address and port`,
      ),
  },
  {
    source: "tried: Go, C-core and Node refuse an address that stands there twice",
    find: (message) => {
      const seen = new Set<string>();
      return firstEndpoint(message, (address, port) => {
        const text = `${address} ${port}`;
        return seen.size === seen.add(text).size ? `address ${text} stands there twice` : undefined;
      });
    },
  },
  {
    source: "tried: every gRPC client refuses a gap; endpoint_components.proto: at most 128",
    find: (message) => {
      const numbers = [...new Set(localitiesOf(message).map(({ priority = 0 }) => priority))].sort((one, other) => one - other);
      if ((numbers.at(-1) ?? 0) > PRIORITY_MAX) return `priority ${numbers.at(-1)}, at most ${PRIORITY_MAX}`;
      const gap = numbers.findIndex((number, index) => number !== index);
      return gap === -1 ? undefined : `nobody has priority ${gap}, and somebody a later one`;
    },
  },
  {
    source: "tried: Go, C-core and Node refuse a locality without a name, every gRPC client one twice in a priority",
    find: (message) => {
      const unset = localitiesOf(message).some(({ locality }) => !locality);
      if (unset) return "a locality is not set";
      const twice = repeated(localitiesOf(message).map(({ locality, priority = 0 }) => `${priority} ${localityName(locality)}`));
      return twice === undefined ? undefined : `locality ${twice} stands there twice in its priority`;
    },
  },
  {
    source: "tried: every gRPC client takes a locality without weight and skips it; Envoy and grpc-go refuse sums beyond 32 bits",
    find: (message) => {
      const sums = new Map<number, number>();
      for (const { locality, priority = 0, load_balancing_weight } of localitiesOf(message)) {
        const weight = load_balancing_weight?.value ?? 0;
        if (weight < 1) return `locality ${localityName(locality)} has no weight`;
        sums.set(priority, (sums.get(priority) ?? 0) + weight);
      }
      return [...sums.values()].some((sum) => sum > WEIGHT_SUM_MAX) ? "the weights of localities add up to more than 32 bits" : undefined;
    },
  },
  {
    source: "endpoint_components.proto: an endpoint weighs at least 1, and those of a locality together at most 32 bits",
    find: (message) =>
      firstOf(localitiesOf(message), ({ locality, lb_endpoints = [] }) => {
        let sum = 0;
        for (const { load_balancing_weight } of lb_endpoints) {
          const weight = load_balancing_weight?.value ?? 1;
          if (weight < 1) return `an endpoint of ${localityName(locality)} weighs ${weight}`;
          sum += weight;
        }
        return sum > WEIGHT_SUM_MAX ? `the weights of ${localityName(locality)} add up to more than 32 bits` : undefined;
      }),
  },
  {
    source: "Envoy takes one drop_overloads at most (endpoint.proto), and no overprovisioning_factor of 0",
    find: ({ policy }) => {
      if ((policy?.drop_overloads ?? []).length > 1) return "more than one drop_overloads";
      return policy?.overprovisioning_factor?.value === 0 ? "overprovisioning_factor is 0" : undefined;
    },
  },
];

function localitiesOf({ endpoints = [] }: Assignment): readonly Locality[] {
  return endpoints;
}

/** First endpoint that there is something to say about. Assignments are large: nothing is made for each. */
function firstEndpoint(message: Assignment, say: (address: string, port: number) => string | undefined): string | undefined {
  for (const { lb_endpoints = [] } of localitiesOf(message)) {
    for (const { endpoint } of lb_endpoints) {
      const socket = endpoint?.address?.socket_address;
      const said = say(socket?.address ?? "", socket?.port_value ?? 0);
      if (said !== undefined) return said;
    }
  }
  return undefined;
}

function localityName(locality: Locality["locality"]): string {
  return [locality?.region ?? "", locality?.zone ?? "", locality?.sub_zone ?? ""].join("/");
}
