/** Where hosts register. */
export const MEMBERS = "/members/shop";

/** Off is what shows that the bench would see a wrong removal. */
export type Safety = "standard" | "off";

/** The same on both stages: all defaults but an HTTP check, because a host that accepts and never answers passes a TCP one. */
export function wipeConfig(server: string, safety: Safety) {
  const paths = [{ path: MEMBERS, service: "shop", format: "host-port" }];
  return {
    sources: [{ name: "zk", type: "zookeeper", servers: [server], paths }],
    defaults: { check: { type: "http", path: "/healthz" }, safety },
  };
}
