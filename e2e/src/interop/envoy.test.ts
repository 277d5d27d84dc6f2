import { createServer } from "node:http";
import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { deltaAdsBootstrap, perTypeBootstrap, startEnvoy } from "../harness/envoy.js";
import { httpRequest } from "../harness/http-request.js";
import { QUICK_CHECK, sidecarOf, untilAllAnswer } from "../harness/mesh.js";
import { needs } from "../harness/not-run.js";
import { preparedServers } from "../harness/paths.js";
import { startControlPlane } from "../harness/planes.js";
import { freePort } from "../harness/ports.js";
import { stopLater } from "../harness/teardown.js";
import { until, untilEqual } from "../harness/until.js";

const node = { id: "envoy-1", cluster: "edge" };

test("unmodified Envoy takes clusters, endpoints and listeners over delta ADS, carries requests and rejects nothing", async (context) => {
  needs(context, preparedServers().envoy);
  const one = await startBackend({ name: "one" });
  const two = await startBackend({ name: "two" });
  const localPort = await freePort();
  const config = (addresses: readonly string[]) => ({
    sources: [{ name: "fixed", type: "static", services: { shop: addresses.map((address) => ({ address })) } }],
    defaults: { check: QUICK_CHECK },
    services: { shop: { localPort } },
  });
  const controlPlane = await startControlPlane(config([one.address]));
  const envoy = await startEnvoy(deltaAdsBootstrap({ xdsPort: controlPlane.xdsPort, node }));
  const answeredBy = async () => (await httpRequest({ port: localPort, path: "/" })).headers["x-backend"];
  await untilEqual("Envoy to carry a request", answeredBy, "one");
  controlPlane.rewriteConfig(config([one.address, two.address]));
  await until("the added backend to answer through Envoy", async () => (await answeredBy()) === "two");
  await one.kill("SIGKILL");
  await until("the dead backend to be unhealthy at Envoy", async () => {
    const { body } = await envoy.ask("/clusters");
    return body.includes(`${one.address}::health_flags::/failed_eds_health`);
  });
  await controlPlane.restart();
  // By the control plane that is there now: Envoy's own figure may still be of the one before.
  type Streams = { streams: { variant: string; client: string }[] };
  const stream = await until(
    "Envoy to be connected again",
    async () => {
      const { streams } = await controlPlane.api<Streams>("/v1/sidecars/envoy-1");
      return streams[0];
    },
    { timeoutMs: 60_000 },
  );
  const rejected = await envoy.stats("update_rejected");
  expect(Object.keys(rejected).length).toBeGreaterThan(0);
  expect(Object.values(rejected).reduce((sum, count) => sum + count, 0)).toBe(0);
  expect(stream).toMatchObject({ variant: "delta", client: expect.stringMatching(/^envoy/) });
});

test("a listener Envoy refuses is shown with its reason and holds up neither its other resources nor the fleet", async (context) => {
  needs(context, preparedServers().envoy);
  const one = await startBackend({ name: "one" });
  const good = await freePort();
  const taken = await freePort();
  const squatter = createServer().listen(taken, "127.0.0.1");
  stopLater({ name: "squatter", stop: () => void squatter.close() });
  const controlPlane = await startControlPlane({
    sources: [{ name: "fixed", type: "static", services: { shop: [{ address: one.address }], cart: [{ address: one.address }] } }],
    defaults: { check: QUICK_CHECK },
    services: { shop: { localPort: good }, cart: { localPort: taken } },
  });
  await startEnvoy(deltaAdsBootstrap({ xdsPort: controlPlane.xdsPort, node }));
  await untilEqual("the good listener to serve", async () => (await httpRequest({ port: good, path: "/" })).status, 200);
  type Streams = { streams: { types: { type: string; lastNack?: { reason: string; resources: string[]; count: number } }[] }[] };
  const lastNack = async () => {
    const { streams } = await controlPlane.api<Streams>("/v1/sidecars/envoy-1");
    return streams[0]?.types.find(({ type }) => type === "Listener")?.lastNack;
  };
  // Both listeners were new and Envoy names neither in a way that a program could rely on: each is asked about by itself.
  await untilEqual("the NACK to be narrowed to its listener", async () => (await lastNack())?.resources, ["outbound:cart"]);
  expect((await lastNack())?.reason).toMatch(/outbound:cart/);
  const sidecar = await sidecarOf(controlPlane, ["shop", "cart"]);
  await untilAllAnswer(sidecar, "cart", ["one"]);
  expect((await lastNack())?.count).toBe(2);
});

test("Envoy takes hashing, slow start, thresholds, outlier settings and a subset, and rejects nothing", async (context) => {
  needs(context, preparedServers().envoy);
  const backends = await Promise.all(["one", "two", "three"].map((name) => startBackend({ name })));
  const addresses = backends.map(({ address }) => ({ address }));
  const [hashPort, slowPort] = [await freePort(), await freePort()];
  const controlPlane = await startControlPlane({
    sources: [{ name: "fixed", type: "static", services: { hashed: addresses, slow: addresses } }],
    defaults: { check: QUICK_CHECK, limits: { maxRequests: 77, maxConnections: 66 }, outlier: { consecutive5xx: 4, interval: "5s" } },
    services: {
      hashed: { localPort: hashPort, lb: { policy: "ring-hash", hashOn: { header: "x-user" } } },
      slow: { localPort: slowPort, slowStart: "10s", subset: { size: 2 } },
    },
  });
  const envoy = await startEnvoy(deltaAdsBootstrap({ xdsPort: controlPlane.xdsPort, node }));
  await untilEqual("both listeners to serve", async () => (await httpRequest({ port: slowPort, path: "/" })).status, 200);
  await untilEqual("the hashed one to serve", async () => (await httpRequest({ port: hashPort, path: "/" })).status, 200);
  const answered = new Set<string>();
  for (let call = 0; call < 12; call++) {
    const { headers } = await httpRequest({ port: hashPort, path: "/", headers: { "x-user": "ann" } });
    answered.add(String(headers["x-backend"]));
  }
  expect(answered.size).toBe(1);
  const { body } = await envoy.ask("/clusters");
  expect(body).toContain("slow::default_priority::max_requests::77");
  expect(body).toContain("slow::default_priority::max_connections::66");
  expect(backends.filter(({ address }) => body.includes(`slow::${address}::`))).toHaveLength(2);
  const rejected = await envoy.stats("update_rejected");
  expect(Object.values(rejected).reduce((sum, count) => sum + count, 0)).toBe(0);
});

test("an Envoy without ADS takes a hundred services, each over a stream of its own", async (context) => {
  needs(context, preparedServers().envoy);
  const one = await startBackend({ name: "one" });
  const localPort = await freePort();
  const names = Array.from({ length: 100 }, (_, index) => `shop-${index}`);
  const controlPlane = await startControlPlane({
    sources: [{ name: "fixed", type: "static", services: Object.fromEntries(names.map((name) => [name, [{ address: one.address }]])) }],
    defaults: { check: "none" },
    services: { "shop-99": { localPort } },
  });
  const envoy = await startEnvoy(perTypeBootstrap("GRPC", { xdsPort: controlPlane.xdsPort, node }));
  await untilEqual("a listener to serve", async () => (await httpRequest({ port: localPort, path: "/" })).status, 200, {
    timeoutMs: 60_000,
  });
  await untilEqual(
    "every service to have its endpoint",
    async () => Object.values(await envoy.stats("^cluster\\.shop-.*membership_total$")).filter((count) => count === 1).length,
    names.length,
    { timeoutMs: 60_000 },
  );
  const { streams } = await controlPlane.api<{ streams: unknown[] }>("/v1/sidecars/envoy-1");
  expect(streams.length).toBe(names.length + 3); // clusters, listeners, the one listener's routes
}, 150_000);
