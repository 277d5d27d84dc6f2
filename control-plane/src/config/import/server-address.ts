import { fail, ok, type Result } from "@fairlead/shared";

export interface ServerAddress {
  readonly host: string;
  /** Absent when the line names none. */
  readonly port?: number;
}

/** The address of a `server` or `bind` line. IPv6 may stand in brackets; without them the last colon begins the port, as in HAProxy. */
export function serverAddress(written: string): Result<ServerAddress> {
  const text = written.replace(/^(ipv4|ipv6|tcp|tcp4|tcp6|udp|udp4|udp6)@/, "");
  if (
    /^(unix|uxst|uxdg|abns|abnsz|fd|sockpair|quic|quic4|quic6|rhttp|rev|rev4|mptcp|mptcp4|mptcp6)[a-z0-9+]*@/.test(text) ||
    text.startsWith("/")
  )
    return fail("only TCP addresses are carried");
  const match = /^(?:\[([^\]]*)\]|(.*?))(?::([+-]?\d{0,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? "";
  const port = match?.[3] ?? "";
  if (/^[+-]/.test(port)) return fail("its port depends on the port of the client; write the port itself");
  if (host === "" && port === "") return fail("this is no address");
  return ok(port === "" ? { host } : { host, port: Number(port) });
}
