// The server here is our xDS library with a view made by the test: the control plane itself renders nothing a sidecar refuses.

import { newFleet } from "@fairlead/control-plane/fleet";
import { type Resource, type ResourceSets, xdsServer } from "@fairlead/control-plane/xds";
import { encode, type MessageName, type Messages, RESOURCE_TYPES } from "@fairlead/proto";
import { Cell, contentHash, newMetrics } from "@fairlead/shared";
import { systemClock } from "@fairlead/shared/io";
import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { httpRequest } from "../harness/http-request.js";
import type { ClustersBody } from "../harness/mesh.js";
import { startSidecar } from "../harness/planes.js";
import { freePort } from "../harness/ports.js";
import { stopLater } from "../harness/teardown.js";
import { until, untilEqual } from "../harness/until.js";

function resource<N extends MessageName>(type: N, name: string, message: Messages[N]["input"]): Resource {
  const value = encode(type, message);
  return { name, value, version: contentHash(value) };
}

function clusterOf(name: string, over: Messages["envoy.config.cluster.v3.Cluster"]["input"] = {}): Resource {
  const eds = { eds_config: { ads: {}, resource_api_version: "V3" } } as const;
  return resource("envoy.config.cluster.v3.Cluster", name, {
    name,
    type: "EDS",
    eds_cluster_config: eds,
    connect_timeout: { seconds: 1 },
    ...over,
  });
}

function assignmentOf(name: string, ports: readonly number[]): Resource {
  const lb_endpoints = ports.map((port) => ({ endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: port } } } }));
  return resource("envoy.config.endpoint.v3.ClusterLoadAssignment", name, {
    cluster_name: name,
    endpoints: [{ locality: { zone: "a" }, load_balancing_weight: { value: 1 }, lb_endpoints }],
  });
}

function setsOf(clusters: readonly Resource[], assignments: readonly Resource[]): ResourceSets {
  const setOf = (resources: readonly Resource[]) => ({
    version: contentHash(resources.map(({ version }) => version).join()),
    resources: new Map(resources.map((each) => [each.name, each])),
  });
  return {
    position: "test/1/1",
    types: new Map([
      [RESOURCE_TYPES.cluster, setOf(clusters)],
      [RESOURCE_TYPES.assignment, setOf(assignments)],
      [RESOURCE_TYPES.routeConfiguration, setOf([])],
    ]),
    absence: () => ({ kind: "not-found", reason: "not in this test" }),
    complete: true,
    answerNewcomers: true,
  };
}

test("a bad resource is refused by name with its reason; the old one serves, the good one of the same response applies", async () => {
  const shop = await startBackend({ name: "shop" });
  const cart = await startBackend({ name: "cart" });
  const assignments = [assignmentOf("shop", [shop.port]), assignmentOf("cart", [cart.port])];
  const good = [clusterOf("shop"), clusterOf("cart")];
  const sets = new Cell(setsOf(good, assignments));
  const metrics = newMetrics();
  const fleet = newFleet({ clock: systemClock, metrics, knows: () => true });
  const server = xdsServer({ viewOf: () => sets, observer: fleet.observer, metrics });
  const listening = await server.listen({ host: "127.0.0.1", port: 0 });
  if (!listening.ok) throw new Error(listening.error);
  stopLater({ name: "xDS server", stop: () => server.close() });
  const ports = { shop: await freePort(), cart: await freePort() };
  const sidecar = await startSidecar({
    controlPlane: { addresses: [`127.0.0.1:${listening.value.port}`] },
    upstreams: [
      { service: "shop", listen: `127.0.0.1:${ports.shop}` },
      { service: "cart", listen: `127.0.0.1:${ports.cart}` },
    ],
  });

  const badShop = clusterOf("shop", { type: "STRICT_DNS" });
  const newCart = clusterOf("cart", { connect_timeout: { seconds: 2 } });
  sets.set(setsOf([badShop, newCart], assignments));
  const typeState = () => fleet.nodes[0]?.types.find(({ typeUrl }) => typeUrl === RESOURCE_TYPES.cluster);
  const nack = await until("the NACK", () => typeState()?.nack);
  expect(nack.resources).toEqual(["shop"]);
  expect(nack.reason).toMatch(/STRICT_DNS/);

  const clusters = async () => (await sidecar.api<ClustersBody>("/clusters")).clusters;
  const refusedClusters = async () =>
    (await clusters()).flatMap(({ issues }) => issues.filter(({ typeUrl }) => typeUrl === RESOURCE_TYPES.cluster).map(({ name }) => name));
  const versionOf = async (service: string) => (await clusters()).find((each) => each.service === service)?.versions["cluster"];
  await untilEqual("the good cluster to apply", () => versionOf("cart"), newCart.version);
  expect(await versionOf("shop")).toBe(good[0]?.version);
  expect(await refusedClusters()).toEqual(["shop"]);
  for (const port of Object.values(ports)) expect((await httpRequest({ port, path: "/" })).status).toBe(200);

  const movedShop = await startBackend({ name: "shop-moved" });
  sets.set(setsOf([badShop, newCart], [assignmentOf("shop", [movedShop.port]), assignments[1] as Resource]));
  await untilEqual(
    "endpoints to go on arriving",
    async () => (await httpRequest({ port: ports.shop, path: "/" })).headers["x-backend"],
    "shop-moved",
  );
  expect(typeState()?.nack?.count).toBe(1);
  sets.set(setsOf([clusterOf("shop", { connect_timeout: { seconds: 3 } }), newCart], assignments));
  await untilEqual("the mended resource to clear the issue", refusedClusters, []);
});
