/** Where hosts register. */
export const MEMBERS = "/members/shop";

/** Off is what shows that the bench would see a wrong removal. */
export type Safety = "standard" | "off";

/**
 * HTTP, because a host that accepts and never answers passes a TCP check. At a thirtieth 2 s are 67 ms, and a live host
 * counts as silent after a standstill of 200 ms: no machine that runs nothing else has one. Out after 8 s at worst.
 */
const CHECK = { type: "http", path: "/healthz", interval: "2s", timeout: "2s", fall: 3 };

/** The same on both stages: all defaults but the check. */
export function wipeConfig(server: string, safety: Safety) {
  const paths = [{ path: MEMBERS, service: "shop", format: "host-port" }];
  return {
    sources: [{ name: "zk", type: "zookeeper", servers: [server], paths }],
    defaults: { check: CHECK, safety },
  };
}
