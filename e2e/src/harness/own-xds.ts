// An xDS server of the test's own, our library with a view that the test makes: for what our control plane never sends.

import { type Fleet, newFleet } from "@fairlead/control-plane/fleet";
import { type Resource, type ResourceSets, resourceSets, type ViewContent, xdsServer } from "@fairlead/control-plane/xds";
import { type Messages, RESOURCE_TYPES } from "@fairlead/proto";
import { Cell, contentHash, newMetrics } from "@fairlead/shared";
import { systemClock } from "@fairlead/shared/io";
import { RecordedLog } from "@fairlead/shared/testing";
import { stopLater } from "./teardown.js";

type ClusterMessage = Messages["envoy.config.cluster.v3.Cluster"]["input"];

export function clusterOf(name: string, over: ClusterMessage = {}): ClusterMessage {
  const eds = { eds_config: { ads: {}, resource_api_version: "V3" } } as const;
  return { name, type: "EDS", eds_cluster_config: eds, connect_timeout: { seconds: 1 }, ...over };
}

/** Endpoints on this machine. */
export function assignmentOf(name: string, ports: readonly number[]): Messages["envoy.config.endpoint.v3.ClusterLoadAssignment"]["input"] {
  const lb_endpoints = ports.map((port) => ({ endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: port } } } }));
  return { cluster_name: name, endpoints: [{ locality: { zone: "a" }, load_balancing_weight: { value: 1 }, lb_endpoints }] };
}

/** Everything to the cluster of its name, with another try after a failure. */
export function routeOf(name: string): Messages["envoy.config.route.v3.RouteConfiguration"]["input"] {
  const retry_policy = { retry_on: "connect-failure,reset", num_retries: { value: 1 } };
  return { name, virtual_hosts: [{ name, domains: ["*"], routes: [{ match: { prefix: "" }, route: { cluster: name, retry_policy } }] }] };
}

export interface OwnXds {
  readonly port: number;
  readonly fleet: Fleet;
  publish(content: ViewContent): void;
  /** The same with the mark of a confirmed collapse beside every assignment. */
  publishConfirmed(content: ViewContent): void;
  /** What is served now. */
  version(type: keyof typeof RESOURCE_TYPES, name: string): string | undefined;
}

export async function serveOwnXds(content: ViewContent): Promise<OwnXds> {
  const sets = new Cell(resourceSets(content));
  const metrics = newMetrics();
  const fleet = newFleet({ clock: systemClock, metrics, log: new RecordedLog(), knows: () => true });
  const server = xdsServer({ viewOf: () => sets, observer: fleet.observer, metrics });
  const listening = await server.listen({ host: "127.0.0.1", port: 0 });
  if (!listening.ok) throw new Error(listening.error);
  stopLater({ name: "xDS server", stop: () => server.close() });
  return {
    port: listening.value.port,
    fleet,
    publish: (next) => sets.set(resourceSets(next, sets.value)),
    publishConfirmed: (next) => sets.set(confirmed(resourceSets(next, sets.value))),
    version: (type, name) => sets.value.types.get(RESOURCE_TYPES[type])?.resources.get(name)?.version,
  };
}

function confirmed(sets: ResourceSets): ResourceSets {
  const mark = (resource: Resource): Resource => ({
    ...resource,
    version: contentHash(`confirmed ${resource.version}`),
    metadata: { fairlead: { confirmed: true } },
  });
  const set = sets.types.get(RESOURCE_TYPES.assignment);
  if (set === undefined) throw new Error("a view made by the library has assignments");
  const resources = new Map([...set.resources].map(([name, resource]) => [name, mark(resource)]));
  const marked = { version: contentHash(`confirmed ${set.version}`), resources };
  return { ...sets, types: new Map(sets.types).set(RESOURCE_TYPES.assignment, marked) };
}
