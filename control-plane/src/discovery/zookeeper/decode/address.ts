import { type Address, canonicalIp, fail, isPort, ok, type Result } from "@fairlead/shared";

/** An address as it was registered: an IP, loopback included. */
export function registeredAddress(host: string, port: unknown): Result<Address> {
  if (!isPort(port)) return fail(`port ${shown(port)} is not a number of 1 to 65535`);
  const ip = canonicalIp(host);
  if (ip !== undefined) return ok({ ip, port });
  if (HOST_NAME.test(host)) return fail(`${shown(host)}: ${NAMES_NOT_RESOLVED}`);
  return fail(`${shown(host)} is not an IP address`);
}

const NAMES_NOT_RESOLVED = "host names in registrations are not resolved yet";
/** RFC 1123 section 2.1, and the underscore that real names carry; the last label must not look like a number. */
const HOST_NAME = /^(?=.{1,253}\.?$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z]([a-z0-9_-]{0,61}[a-z0-9_])?\.?$/i;

/** A foreign value in a message: short, and on one line. */
export function shown(value: unknown): string {
  if (value === undefined) return "(absent)";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
