import { msFromDuration, type RouteAction__Output, type RouteConfiguration__Output, type VirtualHost__Output } from "@fairlead/proto";
import { ok, type Result } from "@fairlead/shared";
import type { RouteConfig } from "../endpoint/index.js";
import { refusal } from "./refusal.js";

/** route_components.proto: an absent timeout is 15 s. */
const DEFAULT_TIMEOUT_MS = 15_000;
/** xDS writes "no limit" as 0; nobody waits longer than a day, and a finite number needs no special case downstream. */
const MAX_TIMEOUT_MS = 24 * 3_600_000;
/** route_components.proto: a retry policy without a number allows one retry. */
const DEFAULT_RETRIES = 1;
/** More tries than this multiply an outage. */
const MAX_RETRIES = 10;

/** A RouteConfiguration with one virtual host and one route, for everything, to the cluster of its name: what a service's route is here. */
export function decodeRoute(message: RouteConfiguration__Output, version: string): Result<RouteConfig> {
  const [host, ...others] = message.virtual_hosts;
  if (host === undefined || others.length > 0) return refusal("virtual_hosts", `a list of ${message.virtual_hosts.length}`, "exactly one");
  const action = defaultAction(host);
  if (!action.ok) return action;
  const place = "virtual_hosts[0].routes[0].route";
  const cluster = action.value.cluster ?? "";
  // Only resources of the service's own name are subscribed to (decision D2): another cluster would never be known.
  if (cluster !== message.name) return refusal(`${place}.cluster`, cluster || undefined, `the cluster "${message.name}"`);
  const timeoutMs = timeoutOf(action.value);
  if (!timeoutMs.ok) return timeoutMs;
  const policy = action.value.retry_policy ?? host.retry_policy;
  const retryAttempts = policy === null ? 0 : (policy.num_retries?.value ?? DEFAULT_RETRIES);
  if (retryAttempts > MAX_RETRIES) return refusal(`${place}.retry_policy.num_retries`, retryAttempts, `at most ${MAX_RETRIES}`);
  return ok({ name: message.name, version, cluster, timeoutMs: timeoutMs.value, retryAttempts });
}

function defaultAction(host: VirtualHost__Output): Result<RouteAction__Output> {
  const [route, ...others] = host.routes;
  if (route === undefined || others.length > 0) return refusal("virtual_hosts[0].routes", `a list of ${host.routes.length}`, "exactly one");
  const prefix = route.match?.prefix;
  if ((prefix !== "" && prefix !== "/") || (route.match?.headers.length ?? 0) > 0) {
    return refusal("virtual_hosts[0].routes[0].match", describeMatch(route.match), 'prefix "" and no other condition');
  }
  return route.route ? ok(route.route) : refusal("virtual_hosts[0].routes[0].route", undefined, "a route to a cluster");
}

function describeMatch(match: VirtualHost__Output["routes"][number]["match"]): string {
  if (match === null) return "absent";
  return JSON.stringify({ prefix: match.prefix, path: match.path, headers: match.headers.map((header) => header.name) });
}

function timeoutOf(action: RouteAction__Output): Result<number> {
  if (action.timeout === null) return ok(DEFAULT_TIMEOUT_MS);
  const timeoutMs = msFromDuration(action.timeout);
  if (!(timeoutMs >= 0)) return refusal("virtual_hosts[0].routes[0].route.timeout", `${timeoutMs} ms`, "0 or more");
  return ok(timeoutMs === 0 ? MAX_TIMEOUT_MS : Math.min(timeoutMs, MAX_TIMEOUT_MS));
}
