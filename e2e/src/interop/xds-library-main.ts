// An xDS control plane of your own: one service for gRPC clients, whose endpoints come from the command line and from lines on standard input.
// usage: xds-library-main.js PORT ADDRESS...      then, per line: ADDRESS...
import { createInterface } from "node:readline";
import { resourceSets, xdsServer } from "@fairlead/control-plane/xds";
import { packAny } from "@fairlead/proto";
import { Cell } from "@fairlead/shared";

const ads = { ads: {}, resource_api_version: "V3" } as const;
const router = { name: "router", typed_config: packAny("envoy.extensions.filters.http.router.v3.Router", {}) };
const manager = { rds: { route_config_name: "echo", config_source: ads }, http_filters: [router] };
const HTTP = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

const endpointAt = (address: string) => {
  const [ip = "", port] = address.split(":");
  return { endpoint: { address: { socket_address: { address: ip, port_value: Number(port) } } } };
};
const contentOf = (addresses: readonly string[]) =>
  ({
    listeners: { echo: { name: "echo", api_listener: { api_listener: packAny(HTTP, manager) } } },
    routes: {
      echo: {
        name: "echo",
        virtual_hosts: [{ name: "echo", domains: ["*"], routes: [{ match: { prefix: "" }, route: { cluster: "echo" } }] }],
      },
    },
    clusters: { echo: { name: "echo", type: "EDS", eds_cluster_config: { eds_config: ads } } },
    assignments: {
      echo: {
        cluster_name: "echo",
        endpoints: [{ locality: {}, load_balancing_weight: { value: 1 }, lb_endpoints: addresses.map(endpointAt) }],
      },
    },
  }) as const;

const [port, ...addresses] = process.argv.slice(2);
const view = new Cell(resourceSets(contentOf(addresses)));
const listening = await xdsServer({ viewOf: () => view }).listen({ host: "127.0.0.1", port: Number(port) });
console.log(listening.ok ? `serving on ${listening.value.port}` : listening.error);
createInterface({ input: process.stdin }).on("line", (line) => view.set(resourceSets(contentOf(line.split(" ")), view.value)));
