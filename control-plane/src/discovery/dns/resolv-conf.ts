import { canonicalIp } from "@fairlead/shared";

/** As many as the system's own resolver uses (MAXNS of resolv.conf(5)), so that both ask the same servers. */
const MAX_NAMESERVERS = 3;
const DNS_PORT = 53;

/**
 * The nameservers of an /etc/resolv.conf, as `ip:port`, in its order. Everything else in it (search domains, options) is
 * for host names that people type; addresses that are none, or have an IPv6 zone, are passed over.
 */
export function parseNameservers(text: string): readonly string[] {
  const found: string[] = [];
  for (const line of text.split("\n")) {
    const [keyword, address] = line.trim().split(/\s+/);
    if (keyword !== "nameserver" || address === undefined) continue;
    const ip = canonicalIp(address);
    if (ip !== undefined) found.push(ip.includes(":") ? `[${ip}]:${DNS_PORT}` : `${ip}:${DNS_PORT}`);
  }
  return found.slice(0, MAX_NAMESERVERS);
}
