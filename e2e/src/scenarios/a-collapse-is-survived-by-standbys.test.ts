// The server here is our xDS library with a view made by the test: our control plane holds a collapse, and confirms it before it sends one.

import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { httpRequest } from "../harness/http-request.js";
import { assignmentOf, clusterOf, routeOf, serveOwnXds } from "../harness/own-xds.js";
import { startSidecar } from "../harness/planes.js";
import { freePort } from "../harness/ports.js";
import { untilEqual } from "../harness/until.js";

interface Standby {
  readonly clusters: readonly { readonly mode: string; readonly standby?: { readonly endpoints: readonly unknown[] } }[];
}

test("a control plane that empties a service, or leaves it hosts that are not there, fails no request", async () => {
  const backends = await Promise.all(Array.from({ length: 5 }, (_, index) => startBackend({ name: `shop-${index}` })));
  const ports = backends.map(({ port }) => port);
  const shopAt = (endpoints: readonly number[]) => ({
    clusters: { shop: clusterOf("shop") },
    assignments: { shop: assignmentOf("shop", endpoints) },
    routes: { shop: routeOf("shop") },
  });
  const xds = await serveOwnXds(shopAt(ports));
  const listen = await freePort();
  const sidecar = await startSidecar({
    controlPlane: { addresses: [`127.0.0.1:${xds.port}`] },
    upstreams: [{ service: "shop", listen: `127.0.0.1:${listen}` }],
  });
  const shop = async () => (await sidecar.api<Standby>("/clusters")).clusters[0];
  const standbyCount = async () => (await shop())?.standby?.endpoints.length ?? 0;
  const statuses = async () => {
    const seen = new Set<number>();
    for (let request = 0; request < 20; request++) seen.add((await httpRequest({ port: listen, path: "/" })).status);
    return seen;
  };
  expect(await statuses()).toEqual(new Set([200]));

  xds.publish(shopAt([]));
  await untilEqual("the empty set to be in force, with those it took behind it", standbyCount, 5);
  expect((await shop())?.mode).toBe("standby");
  expect(await statuses()).toEqual(new Set([200]));
  expect(xds.fleet.nodes[0]?.types.every(({ nack }) => nack === undefined)).toBe(true);

  xds.publish(shopAt([await freePort()]));
  await untilEqual("a host that is not there to be in force", async () => (await shop())?.mode, "healthy");
  expect(await statuses()).toEqual(new Set([200]));

  xds.publish(shopAt(ports));
  await untilEqual("all to be back", standbyCount, 0);
  expect(await statuses()).toEqual(new Set([200]));

  xds.publish(shopAt([]));
  await untilEqual("the empty set to be in force again", standbyCount, 5);
  xds.publishConfirmed(shopAt([]));
  await untilEqual("the confirmed mark to end it", async () => (await shop())?.mode, "none");
  expect(await statuses()).toEqual(new Set([503]));
});
