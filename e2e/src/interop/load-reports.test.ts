import { fileURLToPath } from "node:url";
import { type ClientConfig__Output, type HealthCheckResponse__Output, services } from "@fairlead/proto";
import { Client, credentials } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { startBackend } from "../harness/backend.js";
import { deltaAdsBootstrap, startEnvoy } from "../harness/envoy.js";
import { httpRequest } from "../harness/http-request.js";
import { QUICK_CHECK, sidecarOf } from "../harness/mesh.js";
import { needs } from "../harness/not-run.js";
import { preparedServers, repositoryTop } from "../harness/paths.js";
import { type ControlPlane, startControlPlane } from "../harness/planes.js";
import { freePort } from "../harness/ports.js";
import { startNode } from "../harness/processes.js";
import { grpcBootstrap, startPython } from "../harness/python.js";
import { stopLater } from "../harness/teardown.js";
import { until } from "../harness/until.js";
import { startGrpcBackend } from "./grpc-backend.js";

interface Place {
  readonly endpoint?: string;
  readonly zone: string;
  readonly reporter: { readonly node: string; readonly client: string };
  readonly requestsPerSecond: number;
  readonly errorsPerSecond: number;
  readonly metrics: readonly { readonly name: string; readonly mean: number }[];
}

interface EndpointBody {
  readonly endpoint: string;
  readonly requests: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly latencyMs?: { readonly p50: number; readonly p90: number; readonly p99: number };
}

interface LoadBody {
  readonly load?: {
    readonly requestsPerSecond: number;
    readonly reporters: number;
    readonly lastRequestAt?: string;
    readonly latencyMs?: object;
  };
  readonly endpoints: readonly EndpointBody[];
  readonly places: readonly Place[];
}

/** Reports come every 10 s; the first may have seen the first call only. */
const A_FEW_REPORTS = { timeoutMs: 60_000 };

function placesOf(controlPlane: ControlPlane, service: string, node: string): Promise<readonly Place[]> {
  return until(
    `${node} to report on ${service}`,
    async () => {
      const { places } = await controlPlane.api<LoadBody>(`/v1/load/${service}`);
      const own = places.filter((place) => place.reporter.node === node && place.requestsPerSecond > 1);
      return own.length > 0 ? own : undefined;
    },
    A_FEW_REPORTS,
  );
}

/** Calls over and over until the test ends. */
function keepCalling(call: () => Promise<unknown>): void {
  let going = true;
  const stop = () => {
    going = false;
  };
  stopLater({ name: "caller", stop });
  const next = (): void => {
    if (going) void call().then(() => setTimeout(next, 50), next);
  };
  next();
}

test("a sidecar reports each endpoint with its errors and latency, and the service's view shows the sum", async () => {
  const backend = await startBackend({ name: "one" });
  const controlPlane = await startControlPlane({
    sources: [{ name: "fixed", type: "static", services: { shop: [{ address: backend.address }] } }],
    defaults: { check: QUICK_CHECK },
  });
  const sidecar = await sidecarOf(controlPlane, ["shop"]);
  keepCalling(() => sidecar.get("shop"));
  const [place] = await placesOf(controlPlane, "shop", "web-1");
  expect(place).toMatchObject({ endpoint: backend.address, reporter: { client: expect.stringMatching(/^fairlead/) }, errorsPerSecond: 0 });
  expect(place?.metrics).toMatchObject([{ name: "fairlead.latency_ms" }]);
  const { load } = await controlPlane.api<LoadBody>("/v1/services/shop");
  expect(load).toMatchObject({ reporters: 1, lastRequestAt: expect.any(String) });
  const { endpoints } = await controlPlane.api<LoadBody>("/v1/load/shop");
  expect(endpoints).toMatchObject([{ endpoint: backend.address, errors: { connect: 0, timeout: 0, broken: 0, "5xx": 0 } }]);
  const { p50 = 0, p90 = 0, p99 = 0 } = endpoints[0]?.latencyMs ?? {};
  expect(p50).toBeGreaterThan(0);
  expect([p50, p90, p99]).toEqual([p50, p90, p99].toSorted((one, other) => one - other));
  expect(load?.latencyMs).toMatchObject({ p50: expect.any(Number), p99: expect.any(Number) });
  // 20 calls a second at most, as they wait 50 ms for each other.
  expect(load?.requestsPerSecond).toBeGreaterThan(0);
  expect(load?.requestsPerSecond).toBeLessThan(21);
  const issued = () => controlPlane.metric('fairlead_load_requests_total{service="shop",outcome="issued"}');
  await until("more than ten requests to be reported", async () => ((await issued()) ?? 0) > 10, A_FEW_REPORTS);
});

test("unmodified Envoy reports each endpoint", async (context) => {
  needs(context, preparedServers().envoy);
  const backend = await startBackend({ name: "one" });
  const localPort = await freePort();
  const controlPlane = await startControlPlane({
    sources: [{ name: "fixed", type: "static", services: { shop: [{ address: backend.address }] } }],
    defaults: { check: QUICK_CHECK },
    services: { shop: { localPort } },
  });
  await startEnvoy(deltaAdsBootstrap({ xdsPort: controlPlane.xdsPort, node: { id: "envoy-1", cluster: "edge" } }));
  keepCalling(() => httpRequest({ port: localPort, path: "/" }));
  const [place] = await placesOf(controlPlane, "shop", "envoy-1");
  expect(place).toMatchObject({ endpoint: backend.address, reporter: { client: expect.stringMatching(/^envoy/) } });
});

const grpcClients: Readonly<Record<string, (controlPlane: ControlPlane) => unknown>> = {
  "@grpc/grpc-js-xds": ({ xdsPort }) =>
    startNode(`${repositoryTop}/e2e/dist/interop/grpc-js-xds-client-main.js`, ["echo"], {
      name: "grpc-js-xds client",
      env: { GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(grpcBootstrap(xdsPort, "grpc-1")) },
    }),
  "C-core (python3-grpcio)": ({ xdsPort }) =>
    startPython(fileURLToPath(new URL("../../src/interop/grpc_client.py", import.meta.url)), ["echo"], grpcBootstrap(xdsPort, "grpc-1")),
};

test.each(Object.entries(grpcClients))("%s, unmodified, reports per locality", async (_name, start) => {
  const backend = await startGrpcBackend("one");
  const controlPlane = await startControlPlane({
    sources: [{ name: "fixed", type: "static", services: { echo: [{ address: backend.address, zone: "z1" }] } }],
    defaults: { check: { type: "tcp", interval: "1s", timeout: "1s" } },
  });
  start(controlPlane);
  const [place] = await placesOf(controlPlane, "echo", "grpc-1");
  expect(place?.endpoint).toBeUndefined();
  expect(place).toMatchObject({ zone: "z1", reporter: { client: expect.stringMatching(/^gRPC/) } });
});

test("client status tells what a sidecar has accepted, and health says what /readyz says", async () => {
  const backend = await startBackend({ name: "one" });
  const controlPlane = await startControlPlane({
    sources: [{ name: "fixed", type: "static", services: { shop: [{ address: backend.address }] } }],
    defaults: { check: QUICK_CHECK },
  });
  await sidecarOf(controlPlane, ["shop"]);
  const client = new Client(controlPlane.xdsAddress, credentials.createInsecure());
  stopLater({ name: "tool", stop: () => client.close() });
  const health = await new Promise<HealthCheckResponse__Output | undefined>((resolve, reject) => {
    const { path, requestSerialize, responseDeserialize } = services.health.Check;
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
  expect(health?.status).toBe("SERVING");
  const ask = () =>
    new Promise<readonly ClientConfig__Output[]>((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = services.clientStatus.FetchClientStatus;
      const request = { node_matchers: [{ node_id: { prefix: "web-" } }], exclude_resource_contents: true };
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, answer) =>
        error ? reject(error) : resolve(answer?.config ?? []),
      );
    });
  const config = await until("the sidecar to have accepted everything", async () => {
    const [only] = await ask();
    const isSynced = only?.generic_xds_configs.length === 3 && only.generic_xds_configs.every((one) => one.config_status === "SYNCED");
    return isSynced ? only : undefined;
  });
  expect(config.node?.id).toBe("web-1");
  expect(config.generic_xds_configs.map(({ name, client_status }) => [name, client_status])).toEqual([
    ["shop", "ACKED"],
    ["shop", "ACKED"],
    ["shop", "ACKED"],
  ]);
});
