// An xDS server of the test's own, our library with a view that the test makes: for what our control plane never sends.

import { type Fleet, newFleet } from "@fairlead/control-plane/fleet";
import { type Resource, type ResourceSets, xdsServer } from "@fairlead/control-plane/xds";
import { encode, type MessageName, type Messages, RESOURCE_TYPES } from "@fairlead/proto";
import { Cell, contentHash, newMetrics } from "@fairlead/shared";
import { systemClock } from "@fairlead/shared/io";
import { stopLater } from "./teardown.js";

function resource<N extends MessageName>(type: N, name: string, message: Messages[N]["input"]): Resource {
  const value = encode(type, message);
  return { name, value, version: contentHash(value) };
}

export function clusterOf(name: string, over: Messages["envoy.config.cluster.v3.Cluster"]["input"] = {}): Resource {
  const eds = { eds_config: { ads: {}, resource_api_version: "V3" } } as const;
  return resource("envoy.config.cluster.v3.Cluster", name, {
    name,
    type: "EDS",
    eds_cluster_config: eds,
    connect_timeout: { seconds: 1 },
    ...over,
  });
}

/** Endpoints on this machine. */
export function assignmentOf(name: string, ports: readonly number[]): Resource {
  const lb_endpoints = ports.map((port) => ({ endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: port } } } }));
  return resource("envoy.config.endpoint.v3.ClusterLoadAssignment", name, {
    cluster_name: name,
    endpoints: [{ locality: { zone: "a" }, load_balancing_weight: { value: 1 }, lb_endpoints }],
  });
}

/** Everything to the cluster of its name, with another try after a failure. */
export function routeOf(name: string): Resource {
  return resource("envoy.config.route.v3.RouteConfiguration", name, {
    name,
    virtual_hosts: [
      {
        name,
        domains: ["*"],
        routes: [
          {
            match: { prefix: "" },
            route: { cluster: name, retry_policy: { retry_on: "connect-failure,reset", num_retries: { value: 1 } } },
          },
        ],
      },
    ],
  });
}

export function setsOf(clusters: readonly Resource[], assignments: readonly Resource[], routes: readonly Resource[] = []): ResourceSets {
  const setOf = (resources: readonly Resource[]) => ({
    version: contentHash(resources.map(({ version }) => version).join()),
    resources: new Map(resources.map((each) => [each.name, each])),
  });
  return {
    position: "test/1/1",
    types: new Map([
      [RESOURCE_TYPES.cluster, setOf(clusters)],
      [RESOURCE_TYPES.assignment, setOf(assignments)],
      [RESOURCE_TYPES.routeConfiguration, setOf(routes)],
    ]),
    absence: () => ({ kind: "not-found", reason: "not in this test" }),
    complete: true,
    answerNewcomers: true,
  };
}

export interface OwnXds {
  readonly port: number;
  readonly sets: Cell<ResourceSets>;
  readonly fleet: Fleet;
}

export async function serveOwnXds(first: ResourceSets): Promise<OwnXds> {
  const sets = new Cell(first);
  const metrics = newMetrics();
  const fleet = newFleet({ clock: systemClock, metrics, knows: () => true });
  const server = xdsServer({ viewOf: () => sets, observer: fleet.observer, metrics });
  const listening = await server.listen({ host: "127.0.0.1", port: 0 });
  if (!listening.ok) throw new Error(listening.error);
  stopLater({ name: "xDS server", stop: () => server.close() });
  return { port: listening.value.port, sets, fleet };
}
