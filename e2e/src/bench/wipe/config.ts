/** Where hosts register. */
export const MEMBERS = "/members/shop";

/** The same on both stages: everything is as it comes, but for an HTTP check: a host that accepts and never answers passes a TCP check. */
export function wipeConfig(server: string) {
  const paths = [{ path: MEMBERS, service: "shop", format: "host-port" }];
  return {
    sources: [{ name: "zk", type: "zookeeper", servers: [server], paths }],
    defaults: { check: { type: "http", path: "/healthz" } },
  };
}
