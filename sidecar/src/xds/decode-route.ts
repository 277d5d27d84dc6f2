import { msFromDuration, type RouteAction__Output, type RouteConfiguration__Output, type VirtualHost__Output } from "@fairlead/proto";
import { ok, type Result } from "@fairlead/shared";
import type { HashOn, RouteConfig } from "../endpoint/index.js";
import { refusal } from "./refusal.js";

/** route_components.proto: an absent timeout is 15 s. */
const DEFAULT_TIMEOUT_MS = 15_000;
/** xDS writes "no limit" as 0; nobody waits longer than a day, and a finite number needs no special case downstream. */
const MAX_TIMEOUT_MS = 24 * 3_600_000;
/** route_components.proto: a retry policy without a number allows one retry. */
const DEFAULT_RETRIES = 1;
/** More tries than this multiply an outage. */
const MAX_RETRIES = 10;

/** Nobody hashes on more, and each is looked for in every request. */
const MAX_HASH_POLICIES = 8;
/** Browsers keep no cookie longer than 400 days. */
const MAX_COOKIE_MS = 400 * 24 * 3_600_000;
/** RFC 9110 section 5.6.2: names of headers and cookies. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/;
/** RFC 6265 section 4.1.1: nothing that would end the attribute or the header. */
const COOKIE_PATH = /^[\x20-\x3a\x3c-\x7e]{0,256}$/;

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
  const perTryTimeoutMs = policy?.per_try_timeout == null ? 0 : msFromDuration(policy.per_try_timeout);
  if (!(perTryTimeoutMs >= 0)) return refusal(`${place}.retry_policy.per_try_timeout`, `${perTryTimeoutMs} ms`, "0 or more");
  const hedge = action.value.hedge_policy ?? host.hedge_policy;
  const hedgePercent = percentOf(hedge?.additional_request_chance ?? undefined);
  const hashOn = hashOnOf(action.value, place);
  if (!hashOn.ok) return hashOn;
  const found = { cluster, timeoutMs: timeoutMs.value, perTryTimeoutMs, retryAttempts, hedgePercent, hashOn: hashOn.value };
  return ok({ name: message.name, version, ...found });
}

/** type/v3/percent.proto; a numerator beyond its denominator means always. */
const DENOMINATORS = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 } as const;

function percentOf(of: { readonly numerator: number; readonly denominator: keyof typeof DENOMINATORS } | undefined): number {
  return of === undefined ? 0 : Math.min(100, (100 * of.numerator) / DENOMINATORS[of.denominator]);
}

type Duration = NonNullable<RouteAction__Output["timeout"]>;

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

function hashOnOf({ hash_policy }: RouteAction__Output, place: string): Result<readonly HashOn[]> {
  if (hash_policy.length > MAX_HASH_POLICIES) return refusal(`${place}.hash_policy`, hash_policy.length, `at most ${MAX_HASH_POLICIES}`);
  const all: HashOn[] = [];
  for (const [index, policy] of hash_policy.entries()) {
    const one = decodeHashPolicy(policy, `${place}.hash_policy[${index}]`);
    if (!one.ok) return one;
    all.push(one.value);
  }
  return ok(all);
}

function decodeHashPolicy(policy: RouteAction__Output["hash_policy"][number], place: string): Result<HashOn> {
  const { terminal, header, cookie, query_parameter: query, connection_properties: connection } = policy;
  if (header) {
    if (!TOKEN.test(header.header_name)) return refusal(`${place}.header.header_name`, header.header_name, "a header name");
    return ok({ kind: "header", terminal, name: header.header_name.toLowerCase() });
  }
  if (cookie) return decodeCookie(cookie, terminal, `${place}.cookie`);
  if (query) {
    return query.name === ""
      ? refusal(`${place}.query_parameter.name`, query.name, "a name")
      : ok({ kind: "query", terminal, name: query.name });
  }
  if (connection?.source_ip) return ok({ kind: "source-ip", terminal });
  return refusal(place, "another kind", "header, cookie, query_parameter or connection_properties.source_ip");
}

/** With a ttl, 0 for as long as the caller remembers it, the cookie is made where the caller has none. */
function decodeCookie(cookie: { name: string; ttl: Duration | null; path: string }, terminal: boolean, place: string): Result<HashOn> {
  const { name, ttl, path } = cookie;
  if (!TOKEN.test(name)) return refusal(`${place}.name`, name, "a cookie name");
  if (!COOKIE_PATH.test(path)) return refusal(`${place}.path`, path, "a path without semicolon");
  if (ttl === null) return ok({ kind: "cookie", terminal, name, make: undefined });
  const ttlMs = msFromDuration(ttl);
  if (!(ttlMs >= 0 && ttlMs <= MAX_COOKIE_MS)) return refusal(`${place}.ttl`, `${ttlMs} ms`, `0 to ${MAX_COOKIE_MS} ms`);
  return ok({ kind: "cookie", terminal, name, make: { maxAgeS: Math.ceil(ttlMs / 1_000), path } });
}
