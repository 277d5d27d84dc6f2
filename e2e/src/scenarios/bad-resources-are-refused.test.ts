// The server here is our xDS library with a view made by the test: the control plane itself renders nothing a sidecar refuses.

import { RESOURCE_TYPES } from "@fairlead/proto";
import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { httpRequest } from "../harness/http-request.js";
import type { ClustersBody } from "../harness/mesh.js";
import { assignmentOf, clusterOf, serveOwnXds } from "../harness/own-xds.js";
import { startSidecar } from "../harness/planes.js";
import { freePort } from "../harness/ports.js";
import { until, untilEqual } from "../harness/until.js";

test("a bad resource is refused by name with its reason; the old one serves, the good one of the same response applies", async () => {
  const shop = await startBackend({ name: "shop" });
  const cart = await startBackend({ name: "cart" });
  const assignments = { shop: assignmentOf("shop", [shop.port]), cart: assignmentOf("cart", [cart.port]) };
  const good = { shop: clusterOf("shop"), cart: clusterOf("cart") };
  const xds = await serveOwnXds({ clusters: good, assignments });
  const { fleet } = xds;
  const goodShop = xds.version("cluster", "shop");
  const ports = { shop: await freePort(), cart: await freePort() };
  const sidecar = await startSidecar({
    controlPlane: { addresses: [`127.0.0.1:${xds.port}`] },
    upstreams: [
      { service: "shop", listen: `127.0.0.1:${ports.shop}` },
      { service: "cart", listen: `127.0.0.1:${ports.cart}` },
    ],
  });

  const badShop = clusterOf("shop", { type: "STRICT_DNS" });
  const newCart = clusterOf("cart", { connect_timeout: { seconds: 2 } });
  xds.publish({ clusters: { shop: badShop, cart: newCart }, assignments });
  const typeState = () => fleet.nodes[0]?.types.find(({ typeUrl }) => typeUrl === RESOURCE_TYPES.cluster);
  const nack = await until("the NACK", () => typeState()?.nack);
  expect(nack.resources).toEqual(["shop"]);
  expect(nack.reason).toMatch(/STRICT_DNS/);

  const clusters = async () => (await sidecar.api<ClustersBody>("/clusters")).clusters;
  const refusedClusters = async () =>
    (await clusters()).flatMap(({ issues }) => issues.filter(({ typeUrl }) => typeUrl === RESOURCE_TYPES.cluster).map(({ name }) => name));
  const versionOf = async (service: string) => (await clusters()).find((each) => each.service === service)?.versions["cluster"];
  await untilEqual("the good cluster to apply", () => versionOf("cart"), xds.version("cluster", "cart"));
  expect(await versionOf("shop")).toBe(goodShop);
  expect(await refusedClusters()).toEqual(["shop"]);
  for (const port of Object.values(ports)) expect((await httpRequest({ port, path: "/" })).status).toBe(200);

  const movedShop = await startBackend({ name: "shop-moved" });
  const moved = { ...assignments, shop: assignmentOf("shop", [movedShop.port]) };
  xds.publish({ clusters: { shop: badShop, cart: newCart }, assignments: moved });
  await untilEqual(
    "endpoints to go on arriving",
    async () => (await httpRequest({ port: ports.shop, path: "/" })).headers["x-backend"],
    "shop-moved",
  );
  expect(typeState()?.nack?.count).toBe(1);
  xds.publish({ clusters: { shop: clusterOf("shop", { connect_timeout: { seconds: 3 } }), cart: newCart }, assignments });
  await untilEqual("the mended resource to clear the issue", refusedClusters, []);
});
