// Dubbo at interface level: the provider's URL is the znode's NAME, form-encoded once. The data is the registering host's own address (what
// Curator writes by default) and is not read.

import { ok, type Result } from "@fairlead/shared";
import { registeredAddress, shown } from "./address.js";
import type { Announcement, Decode, Member } from "./decoder.js";
import { endpointOf, writtenWeight } from "./registration.js";
import { malformed, type Rejection, unusable } from "./rejection.js";

/** Dubbo splits at the last colon, so that an IPv6 address may stand without brackets. */
const AUTHORITY = /^\[?([^\]]+)\]?:(\d{1,5})$/;
/** URLs of Dubbo that are no provider: consumers and rules, which stand in sibling paths. */
const NO_PROVIDER = new Set(["consumer", "override", "route", "condition", "script", "empty", "admin"]);

/** Decoder of provider URLs. A provider has one znode per protocol; with one chosen, the others announce nothing for us. */
export function dubboDecoder(protocol: string | undefined): Decode {
  return ({ path, name }: Member): Result<Announcement, Rejection> => {
    const url = urlIn(name);
    if (!url.ok) return url;
    const { parameters } = url.value;
    if (NO_PROVIDER.has(url.value.protocol)) return unusable(`a ${url.value.protocol} URL is no provider: the path must end in /providers`);
    if (protocol !== undefined && url.value.protocol !== protocol) return ok({ endpoints: [] });
    const [, host, port] = AUTHORITY.exec(url.value.authority) ?? [];
    if (host === undefined) return malformed(`${shown(url.value.authority)} is not host:port`);
    const address = registeredAddress(host, Number(port));
    if (!address.ok) return address;
    const endpoint = endpointOf({
      address: address.value,
      place: path,
      weight: writtenWeight(parameters["weight"]),
      zone: parameters["zone"],
      // Written when the process exports its service, and kept through every registration of it.
      instance: parameters["timestamp"],
      draining: parameters["enabled"] === "false" || parameters["disabled"] === "true" ? "registered as disabled" : undefined,
      metadata: { protocol: url.value.protocol, ...parameters },
    });
    return ok({ endpoints: [endpoint] });
  };
}

interface ProviderUrl {
  readonly protocol: string;
  readonly authority: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** After decoding, a `&` in a value cannot be told from one between parameters: Dubbo writes it so, and reads it so. */
function urlIn(name: string): Result<ProviderUrl, Rejection> {
  const decoded = formDecoded(name);
  if (decoded === undefined) return malformed(`the name ${shown(name)} has a % that encodes nothing`);
  const match = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/?@]*@)?([^/?]+)(?:\/[^?]*)?(?:\?(.*))?$/is.exec(decoded);
  if (match === null) return malformed(`the name ${shown(decoded)} is not a provider's URL`);
  const parameters: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const pair of (match[3] ?? "").split("&")) {
    const equals = pair.indexOf("=");
    if (equals > 0) parameters[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return ok({ protocol: match[1]?.toLowerCase() ?? "", authority: match[2] ?? "", parameters });
}

/** application/x-www-form-urlencoded: space is `+`. */
function formDecoded(name: string): string | undefined {
  try {
    return decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
