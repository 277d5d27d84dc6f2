import { type Address, canonicalIp, isPort, ok, type Result } from "@fairlead/shared";
import { malformed, type Rejection } from "./rejection.js";

/** An address as it was registered: an IP, loopback included. A host name says nothing against the process behind it: it is quarantined like garbage. */
export function registeredAddress(host: unknown, port: unknown): Result<Address, Rejection> {
  if (typeof host !== "string" || host === "") return malformed(`address ${shown(host)} is not an IP address`);
  if (!isPort(port)) return malformed(`port ${shown(port)} is not a number of 1 to 65535`);
  const ip = canonicalIp(host);
  if (ip !== undefined) return ok({ ip, port });
  return malformed(`${shown(host)} ${HOST_NAME.test(host) ? NAMES_NOT_RESOLVED : "is not an IP address"}`);
}

const NAMES_NOT_RESOLVED = "is a host name, which is not resolved here: register the IP address, or add the name to a dns source";
/** RFC 1123 section 2.1, and the underscore that real names carry; the last label must not look like a number. */
const HOST_NAME = /^(?=.{1,253}\.?$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z]([a-z0-9_-]{0,61}[a-z0-9_])?\.?$/i;

/** A foreign value in a message: short, and on one line. */
export function shown(value: unknown): string {
  if (value === undefined) return "(absent)";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
