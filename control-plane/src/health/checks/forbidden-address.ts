import { ipRange } from "@fairlead/shared";

/** What a registration could make us send probes to, and no service listens on: a cloud's metadata, every host of a network, ourselves. */
const FORBIDDEN: Readonly<Record<string, string>> = {
  unspecified: "unspecified",
  broadcast: "a broadcast address",
  multicast: "a multicast address",
  linkLocal: "link-local, where clouds keep their metadata",
};

/** Why an address is not checked; undefined where it may be. @param ip canonical */
export function forbiddenBecause(ip: string): string | undefined {
  const what = FORBIDDEN[ipRange(ip)];
  return what === undefined ? undefined : `not checked: ${ip} is ${what}; anyAddress in the check allows it`;
}
