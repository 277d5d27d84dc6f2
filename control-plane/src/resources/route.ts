import { durationFromMs, type Messages } from "@fairlead/proto";
import { type HashOn, isHashing } from "../config/index.js";
import type { ServiceSnapshot } from "../snapshot/index.js";
import { CLIENT_TRAITS, type ClientKind } from "./client-kind.js";
import { whyNoHedge } from "./compromise.js";
import { nearestPolicy } from "./nearest-policy.js";

type RouteInput = Messages["envoy.config.route.v3.RouteConfiguration"]["input"];

/** When a try may be repeated elsewhere: nothing reached the endpoint, or it said so. */
const RETRY_ON = "connect-failure,refused-stream,reset-before-request";

/**
 * One virtual host, one route. gRPC clients get neither time-out nor retries: their streams outlive any request time-out,
 * and their retry conditions are gRPC statuses (gRFC A44). What to hash on is for those whose policy hashes.
 */
export function routeConfiguration({ name, settings }: ServiceSnapshot, kind: ClientKind): RouteInput {
  const { timeoutMs, retries, lb, hedgePercent } = settings;
  const policy = CLIENT_TRAITS[kind].isGrpc
    ? {}
    : {
        timeout: durationFromMs(timeoutMs),
        ...(retries.attempts > 0 ? { retry_policy: retryPolicy(retries) } : {}),
      };
  const hashes = lb.hashOn !== undefined && isHashing(nearestPolicy(lb.policy, kind));
  const hashing = hashes ? { hash_policy: [hashPolicy(lb.hashOn)] } : {};
  const hedges = hedgePercent !== undefined && whyNoHedge(settings, kind) === undefined;
  const hedging = hedges ? { hedge_policy: { additional_request_chance: { numerator: hedgePercent } } } : {};
  const route = { cluster: name, ...policy, ...hashing, ...hedging };
  return { name, virtual_hosts: [{ name, domains: ["*"], routes: [{ match: { prefix: "" }, route }] }] };
}

/**
 * Our sidecars try again after a try's time where that is safe. Envoy cannot tell methods apart here: the request ends then, unless its
 * caller has asked for more (x-envoy-retry-on).
 */
function retryPolicy({ attempts, perTryTimeoutMs }: ServiceSnapshot["settings"]["retries"]): NonNullable<ActionInput["retry_policy"]> {
  const perTry = perTryTimeoutMs === undefined ? {} : { per_try_timeout: durationFromMs(perTryTimeoutMs) };
  return { retry_on: RETRY_ON, num_retries: { value: attempts }, ...perTry };
}

type HostInput = NonNullable<RouteInput["virtual_hosts"]>[number];
type ActionInput = NonNullable<NonNullable<HostInput["routes"]>[number]["route"]>;
type HashPolicyInput = NonNullable<ActionInput["hash_policy"]>[number];

/** The path is the whole service: its route is for everything. */
function hashPolicy(on: HashOn): HashPolicyInput {
  if ("header" in on) return { header: { header_name: on.header } };
  if ("sourceAddress" in on) return { connection_properties: { source_ip: true } };
  return { cookie: { name: on.cookie, ...(on.ttlMs === undefined ? {} : { ttl: durationFromMs(on.ttlMs), path: "/" }) } };
}
