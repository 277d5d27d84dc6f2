import { beforeEach, describe, expect, test } from "vitest";
import { needs } from "../harness/not-run.js";
import { type ControlPlane, startControlPlane } from "../harness/planes.js";
import type { Process } from "../harness/processes.js";
import { until, untilEqual } from "../harness/until.js";
import { type GrpcBackend, startGrpcBackend } from "./grpc-backend.js";
import { GRPC_CLIENT_KINDS } from "./grpc-client-kinds.js";

const config = (backends: readonly GrpcBackend[]) => configOf({ echo: backends.map(({ address }) => ({ address })) });

const configOf = (services: Readonly<Record<string, readonly { readonly address: string; readonly weight?: number }[]>>) => ({
  sources: [{ name: "fixed", type: "static", services }],
  defaults: { check: { type: "tcp", interval: "1s", timeout: "1s" }, safety: "off" },
});

/** Who answered since `from`, without repeats. */
function answeredSince(client: Process, from: number): readonly string[] {
  const names = client
    .lines()
    .slice(from)
    .filter((line) => line.startsWith("ok "))
    .map((line) => line.slice(3));
  return [...new Set(names)].sort();
}

/** What the control plane knows of its clients, type by type. */
async function typesOf(controlPlane: ControlPlane): Promise<readonly { readonly type: string; readonly lastNack?: unknown }[]> {
  const { sidecars } = await controlPlane.api<{ sidecars: { types: { type: string; lastNack?: unknown }[] }[] }>("/v1/sidecars");
  return sidecars.flatMap(({ types }) => types);
}

describe.each(Object.entries(GRPC_CLIENT_KINDS))("%s, unmodified", (_name, kind) => {
  beforeEach((context) => {
    if (kind.prepared !== undefined) needs(context, kind.prepared());
  });
  const startClient = ({ xdsPort }: ControlPlane) => kind.start(xdsPort, "echo");

  test("it resolves a service, follows an endpoint change and survives the control plane's restart", async () => {
    const one = await startGrpcBackend("one");
    const two = await startGrpcBackend("two");
    const three = await startGrpcBackend("three");
    const controlPlane = await startControlPlane(config([one, two]));
    const client = startClient(controlPlane);
    await untilEqual("both backends to answer", () => answeredSince(client, 0), ["one", "two"], { timeoutMs: 60_000 });

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
  }, 200_000);

  test("it calls a service that comes after it asked for it, and goes by weights", async () => {
    const [light, heavy] = [await startGrpcBackend("light"), await startGrpcBackend("heavy")];
    const controlPlane = await startControlPlane(configOf({}));
    const client = startClient(controlPlane);
    await untilEqual("it to ask", async () => (await typesOf(controlPlane)).map(({ type }) => type), ["Listener"], { timeoutMs: 60_000 });

    const weighted = [
      { address: light.address, weight: 10 },
      { address: heavy.address, weight: 90 },
    ];
    controlPlane.rewriteConfig(configOf({ echo: weighted }));
    await untilEqual("both backends to answer", () => answeredSince(client, 0), ["heavy", "light"], { timeoutMs: 60_000 });
    const from = client.lines().length;
    await until("a hundred calls", () => client.lines().length >= from + 100, { timeoutMs: 30_000 });
    const calls = client.lines().slice(from, from + 100);
    expect(calls.filter((line) => line.startsWith("failed"))).toEqual([]);
    // By chance 90 of 100 are below 75, or 50 of 100 above, in fewer than one of 100,000 runs.
    expect(calls.filter((line) => line === "ok heavy").length).toBeGreaterThan(75);
    expect((await typesOf(controlPlane)).filter(({ lastNack }) => lastNack !== undefined)).toEqual([]);
  }, 200_000);

  test("it takes hashing or the nearest, thresholds and outlier settings, and refuses nothing", async () => {
    const backends = await Promise.all(["one", "two"].map(startGrpcBackend));
    const echo = {
      lb: { policy: "maglev", hashOn: { header: "x-user" } },
      limits: { maxRequests: 50, maxConnections: 9 },
      outlier: { interval: "5s", baseEjectionTime: "10s", maxEjectionPercent: 20, consecutive5xx: 3, failurePercentageThreshold: 80 },
    };
    const controlPlane = await startControlPlane({ ...config(backends), services: { echo } });
    const client = startClient(controlPlane);
    await until("calls to be answered", () => answeredSince(client, 0).length > 0, { timeoutMs: 60_000 });
    const types = await typesOf(controlPlane);
    expect(types.map(({ type }) => type)).toContain("ClusterLoadAssignment");
    expect(types.filter(({ lastNack }) => lastNack !== undefined)).toEqual([]);
  }, 100_000);
});
