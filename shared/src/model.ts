// What both planes mean by the same word. See GLOSSARY.md.

import ipaddr from "ipaddr.js";
import { fail, ok, type Result } from "./result.js";

declare const brand: unique symbol;
type Name<Kind extends string> = string & { readonly [brand]: Kind };

/** What callers ask for; also the name of its Listener, RouteConfiguration, Cluster and ClusterLoadAssignment. */
export type ServiceName = Name<"service">;
/** `ip:port`, canonical (`[v6]:port`); unique within a service. */
export type EndpointId = Name<"endpoint">;

export const MAX_SERVICE_NAME_LENGTH = 253;
const SERVICE_NAME = /^[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?$/;
/** The same for a schema. */
export const SERVICE_NAME_PATTERN = SERVICE_NAME.source;

export function serviceName(text: string): Result<ServiceName> {
  if (SERVICE_NAME.test(text)) return ok(text as ServiceName);
  return fail(
    `"${text.slice(0, 80)}" is not a service name: 1 to ${MAX_SERVICE_NAME_LENGTH} characters of a-z 0-9 . _ -, beginning and ending with a letter or digit`,
  );
}

export interface Address {
  /** Canonical IP: dotted IPv4, or compressed lower-case IPv6 without brackets. */
  readonly ip: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** Canonical form of an IP, or undefined when the text is none. IPv4 must be four decimal parts; IPv4-mapped IPv6 becomes IPv4. */
export function canonicalIp(text: string): string | undefined {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(text)) return ipaddr.IPv4.isValidFourPartDecimal(text) ? text : undefined;
  if (!text.includes(":") || text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
  const v6 = ipaddr.IPv6.parse(text);
  return v6.isIPv4MappedAddress() ? v6.toIPv4Address().toString() : v6.toString();
}

/** What kind of address it is (IANA's special-purpose registries): `unicast`, `loopback`, `private`, `linkLocal`… @param ip canonical */
export function ipRange(ip: string): string {
  return ipaddr.parse(ip).range();
}

export function isPort(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65_535;
}

export function endpointId(address: Address): EndpointId {
  return (address.ip.includes(":") ? `[${address.ip}]:${address.port}` : `${address.ip}:${address.port}`) as EndpointId;
}

/** Splits `host:port` or `[v6]:port`; the host may be a name. */
export function splitHostPort(text: string): Result<{ readonly host: string; readonly port: number }> {
  const match = /^(?:\[([^\]]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || !isPort(port))
    return fail(`"${text.slice(0, 80)}" is not host:port with a port of 1 to 65535 (IPv6 as [::1]:80)`);
  return ok({ host, port });
}

/** Parses `ip:port` or `[v6]:port` to its canonical address. */
export function parseAddress(text: string): Result<Address> {
  const split = splitHostPort(text);
  if (!split.ok) return split;
  const ip = canonicalIp(split.value.host);
  if (ip === undefined) return fail(`"${text.slice(0, 80)}" is not an IP address and port; names are not resolved here`);
  return ok({ ip, port: split.value.port });
}

/** Relative share of traffic, 0 to 10000; 0 drains. */
export const DEFAULT_WEIGHT = 100;
export const MAX_WEIGHT = 10_000;

export function isWeight(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_WEIGHT;
}

export const DEFAULT_ZONE = "default";

/** What travels in an endpoint's `filter_metadata` under this key: instance, ramp_start_ms, ramp_ms, drain_until_ms. */
export const FAIRLEAD_METADATA = "fairlead";

export const BALANCER_POLICIES = ["round-robin", "least-request"] as const;
export type BalancerPolicy = (typeof BALANCER_POLICIES)[number];

export const PROTOCOLS = ["http1", "tcp"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Durations in text: `500ms`, `5s`, `2m`. */
export const DURATION_PATTERN = "^[0-9]{1,9}(ms|s|m|h)$";
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration that matches `DURATION_PATTERN`. Throws on any other text: the schema lets none through. */
export function durationMs(text: string): number {
  const match = /^([0-9]{1,9})(ms|s|m|h)$/.exec(text);
  const unitMs = UNIT_MS[match?.[2] ?? ""];
  if (match === null || unitMs === undefined) throw new Error(`not a duration: ${text}`);
  return Number(match[1]) * unitMs;
}
