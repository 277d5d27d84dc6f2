import { durationFromMs, type Messages } from "@fairlead/proto";
import { isHashing } from "../config/index.js";
import type { ServiceSnapshot } from "../snapshot/index.js";
import { CLIENT_TRAITS, type ClientKind } from "./client-kind.js";
import { nearestPolicy } from "./nearest-policy.js";

type RouteInput = Messages["envoy.config.route.v3.RouteConfiguration"]["input"];

/** When a try may be repeated elsewhere: nothing reached the endpoint, or it said so. */
const RETRY_ON = "connect-failure,refused-stream,reset-before-request";

/**
 * One virtual host, one route. gRPC clients get neither time-out nor retries: their streams outlive any request time-out,
 * and their retry conditions are gRPC statuses (gRFC A44). What to hash on is for those whose policy hashes.
 */
export function routeConfiguration({ name, settings }: ServiceSnapshot, kind: ClientKind): RouteInput {
  const { timeoutMs, retries, lb } = settings;
  const policy = CLIENT_TRAITS[kind].isGrpc
    ? {}
    : {
        timeout: durationFromMs(timeoutMs),
        ...(retries.attempts > 0 ? { retry_policy: { retry_on: RETRY_ON, num_retries: { value: retries.attempts } } } : {}),
      };
  const hashes = lb.hashOn !== undefined && isHashing(nearestPolicy(lb.policy, kind));
  const hashing = hashes ? { hash_policy: [{ header: { header_name: lb.hashOn.header } }] } : {};
  return {
    name,
    virtual_hosts: [{ name, domains: ["*"], routes: [{ match: { prefix: "" }, route: { cluster: name, ...policy, ...hashing } }] }],
  };
}
