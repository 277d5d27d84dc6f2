import type { ZooKeeperSession } from "./zookeeper-client.js";

/** `count` addresses of this machine with one port, 127.0.1.1 first. */
export function loopbackAddresses(count: number, port: number, from = 0): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const number = from + index;
    return `127.0.${1 + Math.floor(number / 250)}.${1 + (number % 250)}:${port}`;
  });
}

/** What Curator's service discovery writes for one instance. */
export function curatorInstance(service: string, id: string, address: string): string {
  const [host = "", port = ""] = address.split(":");
  return JSON.stringify({
    name: service,
    id,
    address: host,
    port: Number(port),
    sslPort: null,
    payload: null,
    registrationTimeUTC: 1_700_000_000_000,
    serviceType: "DYNAMIC",
    uriSpec: null,
  });
}

/** Creates an ephemeral znode `PREFIX-N` with an address as its data for each, all at once, and gives back their paths. */
export function register(
  session: ZooKeeperSession,
  parent: string,
  addresses: readonly string[],
  prefix = "m",
): Promise<readonly string[]> {
  return Promise.all(addresses.map((address, index) => session.create(`${parent}/${prefix}-${index}`, address, "ephemeral")));
}
