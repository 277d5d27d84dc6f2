import { decode, RESOURCE_TYPES } from "@fairlead/proto";
import { Cell } from "@fairlead/shared";
import { expect, test } from "vitest";
import type { XdsNode } from "../xds/index.js";
import { node, service, snapshotOf } from "./testing/services.js";
import { viewsOf } from "./testing/views.js";

const shop = service("shop", [{ port: 1 }]);
const views = viewsOf(new Cell(snapshotOf([shop])));

/** Where this client is told to take assignments and routes from. */
function sourcesFor(client: XdsNode) {
  const resources = (type: "cluster" | "listener") => [
    ...(views.viewOf(client).value.types.get(RESOURCE_TYPES[type])?.resources.values() ?? []),
  ];
  const [cluster] = resources("cluster").map(({ value }) => decode("envoy.config.cluster.v3.Cluster", value));
  const [filter] = resources("listener").flatMap(
    ({ value }) => decode("envoy.config.listener.v3.Listener", value).filter_chains[0]?.filters ?? [],
  );
  const manager = decode(
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    filter?.typed_config?.value ?? Buffer.alloc(0),
  );
  return [cluster?.eds_cluster_config?.eds_config, manager.rds?.config_source];
}

function envoyWith(streams: unknown): XdsNode {
  return node("envoy", { "fairlead.streams": streams });
}

test("an Envoy without ADS is told to open streams of its own, by the name its bootstrap has for us and in its variant", () => {
  const own = (api_type: string) => ({
    api_config_source: {
      ...{ api_type, transport_api_version: "V3", set_node_on_first_message_only: true },
      grpc_services: [{ envoy_grpc: { cluster_name: "control_plane" } }],
    },
    resource_api_version: "V3",
  });
  for (const api of ["GRPC", "DELTA_GRPC"]) {
    expect(sourcesFor(envoyWith({ cluster: "control_plane", api }))).toMatchObject([own(api), own(api)]);
  }
});

test.each([
  ["nothing", undefined],
  ["a name that is empty", { cluster: "" }],
  ["a name as long as a letter", { cluster: "c".repeat(257) }],
  ["something else", ["control_plane"]],
])("who says %s about it gets everything over ADS", (_, streams) => {
  expect(sourcesFor(envoyWith(streams))).toMatchObject([{ ads: {} }, { ads: {} }]);
});

test("a client of another kind, which would refuse it, gets everything over ADS", () => {
  const client = node("gRPC Go", { "fairlead.streams": { cluster: "control_plane" } });
  expect(sourcesFor(client)[0]).toMatchObject({ ads: {} });
});
