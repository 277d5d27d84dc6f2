import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { repositoryTop } from "../harness/paths.js";
import { type ControlPlane, startControlPlane } from "../harness/planes.js";
import { type Process, startNode } from "../harness/processes.js";
import { grpcBootstrap, startPython } from "../harness/python.js";
import { until, untilEqual } from "../harness/until.js";
import { type GrpcBackend, startGrpcBackend } from "./grpc-backend.js";

const config = (backends: readonly GrpcBackend[]) => ({
  sources: [{ name: "fixed", type: "static", services: { echo: backends.map(({ address }) => ({ address })) } }],
  defaults: { check: { type: "tcp", interval: "1s", timeout: "1s" }, safety: "off" },
});

const clients: Readonly<Record<string, (controlPlane: ControlPlane) => Process>> = {
  "@grpc/grpc-js-xds": ({ xdsPort }) =>
    startNode(`${repositoryTop}/e2e/dist/interop/grpc-js-xds-client-main.js`, ["echo"], {
      name: "grpc-js-xds client",
      env: { GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(grpcBootstrap(xdsPort, "grpc-node-1")) },
    }),
  "C-core (python3-grpcio)": ({ xdsPort }) =>
    startPython(
      fileURLToPath(new URL("../../src/interop/grpc_client.py", import.meta.url)),
      ["echo"],
      grpcBootstrap(xdsPort, "grpc-core-1"),
    ),
};

/** Who answered since `from`, without repeats. */
function answeredSince(client: Process, from: number): readonly string[] {
  const names = client
    .lines()
    .slice(from)
    .filter((line) => line.startsWith("ok "))
    .map((line) => line.slice(3));
  return [...new Set(names)].sort();
}

describe.each(Object.entries(clients))("%s, unmodified", (_name, startClient) => {
  test("it resolves a service, follows an endpoint change and survives the control plane's restart", async () => {
    const one = await startGrpcBackend("one");
    const two = await startGrpcBackend("two");
    const three = await startGrpcBackend("three");
    const controlPlane = await startControlPlane(config([one, two]));
    const client = startClient(controlPlane);
    await untilEqual("both backends to answer", () => answeredSince(client, 0), ["one", "two"]);

    controlPlane.rewriteConfig(config([two, three]));
    await until("the new backend to answer", () => client.lines().includes("ok three"));
    await until("the removed one to fall silent", () => !answeredSince(client, client.lines().length - 20).includes("one"));

    const beforeKill = client.lines().length;
    await controlPlane.kill("SIGKILL");
    await until("calls to go on without it", () => client.lines().length > beforeKill + 50);
    await controlPlane.restart();
    const four = await startGrpcBackend("four");
    controlPlane.rewriteConfig(config([two, three, four]));
    await until("a change made after the restart to arrive", () => client.lines().includes("ok four"), { timeoutMs: 45_000 });
    expect(
      client
        .lines()
        .slice(beforeKill)
        .filter((line) => line.startsWith("failed")),
    ).toEqual([]);

    const { sidecars } = await controlPlane.api<{
      sidecars: { client: string; connected: boolean; types: { type: string; lastNack?: unknown }[] }[];
    }>("/v1/sidecars");
    const stream = sidecars.find(({ connected }) => connected);
    expect(stream?.client).toMatch(/^gRPC/);
    expect(stream?.types.map(({ type }) => type).sort()).toEqual(["Cluster", "ClusterLoadAssignment", "Listener", "RouteConfiguration"]);
    expect(stream?.types.filter(({ lastNack }) => lastNack !== undefined)).toEqual([]);
  });

  test("it takes hashing or the nearest, thresholds and outlier settings, and refuses nothing", async () => {
    const backends = await Promise.all(["one", "two"].map(startGrpcBackend));
    const echo = {
      lb: { policy: "maglev", hashOn: { header: "x-user" } },
      limits: { maxRequests: 50, maxConnections: 9 },
      outlier: { interval: "5s", baseEjectionTime: "10s", maxEjectionPercent: 20, consecutive5xx: 3, failurePercentageThreshold: 80 },
    };
    const controlPlane = await startControlPlane({ ...config(backends), services: { echo } });
    const client = startClient(controlPlane);
    await until("calls to be answered", () => answeredSince(client, 0).length > 0);
    const { sidecars } = await controlPlane.api<{ sidecars: { types: { type: string; lastNack?: unknown }[] }[] }>("/v1/sidecars");
    expect(sidecars.flatMap(({ types }) => types).map(({ type }) => type)).toContain("ClusterLoadAssignment");
    expect(sidecars.flatMap(({ types }) => types).filter(({ lastNack }) => lastNack !== undefined)).toEqual([]);
  });
});
