import { type Address, endpointId } from "@fairlead/shared";
import { EndpointState } from "../endpoint-state.js";

/** A healthy endpoint 10.0.0.`octet`:80 of which nothing was learnt yet. */
export function stateAt(octet: number, weight = 100): EndpointState {
  return stateOf({ ip: `10.0.0.${octet}`, port: 80 }, weight);
}

/** A healthy endpoint of which nothing was learnt yet. */
export function stateOf(address: Address, weight = 100): EndpointState {
  return new EndpointState({
    ...address,
    id: endpointId(address),
    weight,
    zone: "default",
    subZone: "",
    localityWeight: 0,
    priority: 0,
    health: "healthy",
    instance: undefined,
    ramp: undefined,
  });
}
