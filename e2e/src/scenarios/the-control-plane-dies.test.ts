import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { startLoad } from "../harness/http-load.js";
import { httpRequest } from "../harness/http-request.js";
import { type ClustersBody, QUICK_CHECK, sidecarOf, untilAllAnswer, untilUsable, WHOLE_RETRIES } from "../harness/mesh.js";
import { startControlPlane, startSidecar } from "../harness/planes.js";
import { freePort } from "../harness/ports.js";
import { temporaryFolder } from "../harness/teardown.js";
import { until, untilEqual } from "../harness/until.js";

function listOf(addresses: readonly string[]): string {
  return JSON.stringify({ services: { shop: addresses.map((address) => ({ address })) } });
}

async function meshOfThree() {
  const backends = await Promise.all(["one", "two", "three"].map((name) => startBackend({ name })));
  const list = join(temporaryFolder("lists"), "services.yaml");
  writeFileSync(list, listOf(backends.map(({ address }) => address)));
  const controlPlane = await startControlPlane({
    sources: [{ name: "lists", type: "file", path: list }],
    defaults: { check: QUICK_CHECK, retries: WHOLE_RETRIES },
  });
  const sidecar = await sidecarOf(controlPlane, ["shop"]);
  await untilUsable(
    sidecar,
    "shop",
    backends.map(({ address }) => address),
  );
  return { backends, list, controlPlane, sidecar };
}

const state = async ({ plane }: { plane: { api<T>(path: string): Promise<T> } }) =>
  (await plane.api<ClustersBody>("/clusters")).controlPlane.state;

test("killed under load: no request fails, the dead are avoided, and its return resends nothing", async () => {
  const { backends, controlPlane, sidecar } = await meshOfThree();
  const load = startLoad({ port: sidecar.ports["shop"] ?? 0, clients: 8, perSecond: 300 });
  await until("some load", () => load.report().ok > 100);
  await controlPlane.kill("SIGKILL");
  await untilEqual("the loss to be noticed", () => state(sidecar), "disconnected");
  const [, , three] = backends;
  await three?.kill("SIGKILL");
  const atKill = load.report().ok;
  await until("traffic to go on without it", () => load.report().ok > atKill + 300);
  const back = await startBackend({ name: "three-again", port: three?.port ?? 0 });
  await until("the sidecar to find it again by itself", () => (load.report().byBackend["three-again"] ?? 0) > 0, { timeoutMs: 40_000 });
  const applied = await sidecar.plane.metric(
    'fairlead_xds_resources_applied_total{type="type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"}',
  );
  await controlPlane.restart();
  await untilEqual("the sidecar to be connected again", () => state(sidecar), "connected", { timeoutMs: 40_000 });
  await untilEqual("the control plane to see it", async () => connectedNodes(await controlPlane.api("/v1/sidecars")), ["web-1"]);
  expect(await load.stop()).toMatchObject({ failed: 0 });
  expect(back.seen().total).toBeGreaterThan(0);
  const after = await sidecar.plane.metric(
    'fairlead_xds_resources_applied_total{type="type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"}',
  );
  expect(after).toBe(applied);
});

function connectedNodes({ sidecars }: { sidecars: readonly { node: string; connected: boolean }[] }): readonly string[] {
  return sidecars.filter(({ connected }) => connected).map(({ node }) => node);
}

test("a change made while it was away reaches the sidecar when it returns", async () => {
  const { backends, list, controlPlane, sidecar } = await meshOfThree();
  const [one, two, three] = backends.map(({ address }) => address);
  await controlPlane.kill("SIGKILL");
  const four = await startBackend({ name: "four" });
  writeFileSync(list, listOf([one ?? "", two ?? "", three ?? "", four.address]));
  await controlPlane.restart();
  await untilAllAnswer(sidecar, "shop", ["one", "two", "three", "four"]);
});

test("a control plane that lost its state and its list takes no service from its sidecars, and an operator still can", async () => {
  const { controlPlane, sidecar } = await meshOfThree();
  await controlPlane.kill("SIGKILL");
  rmSync(join(controlPlane.folder, "state"), { recursive: true });
  controlPlane.rewriteConfig({});
  await controlPlane.restart();
  const shop = async () => (await sidecar.plane.api<ClustersBody>("/clusters")).clusters[0];
  await until("the removal to be shown", async () => ((await shop())?.issues.length ?? 0) > 0, { timeoutMs: 40_000 });
  expect((await sidecar.get("shop")).status).toBe(200);
  await sidecar.plane.restart();
  expect((await sidecar.get("shop")).status).toBe(200);
  controlPlane.rewriteConfig({ services: { shop: {} } });
  await untilUsable(sidecar, "shop", [], 40_000);
});

test("the second address of the list is used when the first is dead", async () => {
  const { controlPlane } = await meshOfThree();
  const port = await freePort();
  await startSidecar({
    node: { id: "web-2" },
    controlPlane: { addresses: [`127.0.0.1:${await freePort()}`, controlPlane.xdsAddress] },
    upstreams: [{ service: "shop", listen: `127.0.0.1:${port}` }],
  });
  expect((await httpRequest({ port, path: "/" })).status).toBe(200);
});

test("SIGTERM drains: requests in flight finish, none is cut", async () => {
  const { backends, sidecar } = await meshOfThree();
  for (const backend of backends) await backend.behave({ kind: "answer", delayMs: 500 });
  const slow = sidecar.get("shop");
  await until("the request to be in flight", () => backends.some((backend) => backend.seen().total > 0));
  const ended = sidecar.plane.stop();
  expect((await slow).status).toBe(200);
  await ended;
});
