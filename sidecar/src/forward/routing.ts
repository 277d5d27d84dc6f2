import { fail, ok, type Result } from "@fairlead/shared";
import type { RouteBy } from "./engine.js";

export interface RoutingTable {
  /** Services this sidecar has as upstreams. */
  readonly upstreams: ReadonlySet<string>;
  /** Host, in lower case without port, to service. */
  readonly hosts: ReadonlyMap<string, string>;
}

/** How many upstreams a 404 lists before it says that there are more. */
const LISTED = 20;

/** The service of a request. A listener of one service takes any Host; `hosts` comes before a Host equal to an upstream's name. */
export function serviceOf(route: RouteBy, hostName: string, table: RoutingTable): Result<string> {
  if (route.kind === "service") return ok(route.service);
  const service = table.hosts.get(hostName) ?? (table.upstreams.has(hostName) ? hostName : undefined);
  return service === undefined ? fail(unknownHost(hostName, table)) : ok(service);
}

function unknownHost(hostName: string, { upstreams }: RoutingTable): string {
  const names = [...upstreams].sort();
  const list = names.length > LISTED ? `${names.slice(0, LISTED).join(", ")} and ${names.length - LISTED} more` : names.join(", ");
  const host = JSON.stringify(hostName.slice(0, 120));
  if (hostName === "")
    return `The request names no host. Send Host with the name of an upstream of this sidecar (${list || "it has none"}).`;
  return `Host ${host} is not routed. Add it to the sidecar's configuration as http.hosts: { ${host}: <service> }, or send the name of an upstream as Host (${list || "there is none"}).`;
}
