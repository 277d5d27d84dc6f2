import { createServer, type Socket, type Server as TcpServer } from "node:net";
import { type DeltaDiscoveryRequest__Output, type DeltaDiscoveryResponse, RESOURCE_TYPES, services } from "@fairlead/proto";
import { type Clock, newMetrics, seeded, type Watchable } from "@fairlead/shared";
import { systemClock } from "@fairlead/shared/io";
import { RecordedLog } from "@fairlead/shared/testing";
import { type handleBidiStreamingCall, Server, ServerCredentials, type ServerDuplexStream, status } from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "vitest";
import { ClientProtocol } from "../client-protocol.js";
import type { Connection } from "../connection.js";
import { clusterMessage, clusterResource } from "../testing/resources.js";
import { type AdsClient, startAdsClient } from "./ads-client.js";

type Handler = handleBidiStreamingCall<DeltaDiscoveryRequest__Output, DeltaDiscoveryResponse>;
type Stream = ServerDuplexStream<DeltaDiscoveryRequest__Output, DeltaDiscoveryResponse>;

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

interface ControlPlane {
  readonly address: string;
  readonly port: number;
  readonly requests: DeltaDiscoveryRequest__Output[];
  readonly streams: Stream[];
  /** Resolves once as many requests have come. */
  received(count: number): Promise<void>;
  kill(): void;
}

async function controlPlane(handler: (stream: Stream) => void = () => undefined, listen = "127.0.0.1:0"): Promise<ControlPlane> {
  const server = new Server();
  const requests: DeltaDiscoveryRequest__Output[] = [];
  const streams: Stream[] = [];
  let onRequest = () => {};
  const handle: Handler = (stream) => {
    streams.push(stream);
    stream.on("data", (request: DeltaDiscoveryRequest__Output) => {
      requests.push(request);
      onRequest();
    });
    stream.on("error", () => undefined);
    stream.on("end", () => stream.end());
    handler(stream);
  };
  server.addService(services.aggregated, { DeltaAggregatedResources: handle, StreamAggregatedResources: () => undefined });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(listen, ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  const kill = () => server.forceShutdown();
  open.push({ close: kill });
  const received = (count: number) =>
    new Promise<void>((resolve) => {
      onRequest = () => {
        if (requests.length >= count) resolve();
      };
      onRequest();
    });
  return { address: `127.0.0.1:${port}`, port, requests, streams, received, kill };
}

/**
 * The machine's time, with the waits of a minute made shorter: what is tested is what happens, not for how long. Half a
 * second for a connection is left: a busy machine takes a tenth.
 */
const hurried: Clock = { ...systemClock, schedule: (delayMs, task) => systemClock.schedule(delayMs / 10, task) };

function start(
  addresses: readonly string[],
  clock: Clock = systemClock,
): { client: AdsClient; protocol: ClientProtocol; log: RecordedLog } {
  const log = new RecordedLog();
  const node = { id: "web-7", cluster: "web", zone: "a" };
  const protocol = new ClientProtocol({
    node,
    version: "0.1.0",
    upstreams: ["shop"],
    requestsTo: () => 0,
    clock,
    log,
    metrics: newMetrics(),
  });
  const client = startAdsClient({ addresses, protocol, clock, rng: seeded(1), log });
  open.push(client);
  return { client, protocol, log };
}

function until<T, S extends T>(watchable: Watchable<T>, holds: (value: T) => value is S): Promise<S>;
function until<T>(watchable: Watchable<T>, holds: (value: T) => boolean): Promise<T>;
function until<T>(watchable: Watchable<T>, holds: (value: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    const watch = watchable.watch((value) => {
      if (!holds(value)) return;
      resolve(value);
      queueMicrotask(() => void watch.close());
    });
  });
}

const isConnected = (value: Connection): value is Connection & { kind: "connected" } => value.kind === "connected";
const isDisconnected = (value: Connection): value is Connection & { kind: "disconnected" } => value.kind === "disconnected";

const shop = clusterResource(clusterMessage("shop"), "c1");
const shopResponse: DeltaDiscoveryResponse = {
  type_url: RESOURCE_TYPES.cluster,
  nonce: "n-1",
  resources: [{ name: "shop", version: "c1", resource: { type_url: RESOURCE_TYPES.cluster, value: shop.value } }],
};

/** An address where nobody listens any more. */
async function deadAddress(): Promise<string> {
  const server: TcpServer = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return `127.0.0.1:${address.port}`;
}

describe("the ADS client", () => {
  test("subscribes at once, applies what comes and acknowledges it", async () => {
    const plane = await controlPlane((stream) => stream.write(shopResponse));
    const { client, protocol } = start([plane.address]);
    await until(protocol.applied, (applied) => applied.clusters.has("shop"));
    await plane.received(4);
    expect(plane.requests.slice(0, 3).map((request) => request.type_url)).toEqual([
      RESOURCE_TYPES.cluster,
      RESOURCE_TYPES.assignment,
      RESOURCE_TYPES.routeConfiguration,
    ]);
    expect(plane.requests[3]).toMatchObject({ type_url: RESOURCE_TYPES.cluster, response_nonce: "n-1", error_detail: null });
    expect(client.connection.value).toMatchObject({ kind: "connected", address: plane.address });
  });

  test("counts as connected although the server has nothing to say", async () => {
    const plane = await controlPlane();
    const { client } = start([plane.address], hurried);
    expect((await until(client.connection, isConnected)).address).toBe(plane.address);
  });

  test("goes on to the next address when one refuses, and says why it could not connect", async () => {
    const dead = await deadAddress();
    const plane = await controlPlane((stream) => stream.write(shopResponse));
    const { client } = start([dead, plane.address], hurried);
    const lost = await until(client.connection, isDisconnected);
    expect(lost).toMatchObject({ wasConnected: false, failures: 1 });
    expect(lost.cause).toContain("ECONNREFUSED");
    expect((await until(client.connection, isConnected)).address).toBe(plane.address);
  });

  test("gives up on an address that swallows everything", async () => {
    const sockets: Socket[] = [];
    const hole = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => void hole.listen(0, "127.0.0.1", resolve));
    open.push({ close: () => hole.close() }, { close: () => sockets.forEach((socket) => void socket.destroy()) });
    const address = hole.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const { client } = start([`127.0.0.1:${address.port}`], hurried);
    expect((await until(client.connection, isDisconnected)).cause).toBe("no connection within 5000 ms");
  });

  test("reconnects after the control plane was killed, keeps what it holds and needs no resend", async () => {
    const first = await controlPlane((stream) => stream.write(shopResponse));
    const { client, protocol } = start([first.address], hurried);
    await until(protocol.applied, (applied) => applied.clusters.has("shop"));
    const before = protocol.applied.value;
    first.kill();
    expect(await until(client.connection, isDisconnected)).toMatchObject({ wasConnected: true });
    expect(protocol.applied.value).toBe(before);
    const second = await controlPlane(undefined, first.address);
    await second.received(3);
    expect(second.requests[0]).toMatchObject({ initial_resource_versions: { shop: "c1" }, response_nonce: "" });
    expect(second.requests[0]?.node?.id).toBe("web-7");
    await until(client.connection, isConnected);
    expect(protocol.applied.value).toBe(before);
  });

  test("says since when it is disconnected, over all attempts, and logs the loss once", async () => {
    const { client, log } = start([await deadAddress()], hurried);
    const first = await until(client.connection, isDisconnected);
    const third = await until(client.connection, (value) => isDisconnected(value) && value.failures === 3);
    expect(third).toMatchObject({ sinceMs: first.sinceMs });
    expect(log.lines.filter((line) => line.event === "control-plane-lost" && line.level === "warn")).toHaveLength(1);
  });

  test("backs off from a server that refuses every stream although the connection works", async () => {
    const plane = await controlPlane((stream) => stream.emit("error", { code: status.UNAVAILABLE, details: "not yet" }));
    const { client } = start([plane.address], hurried);
    const lost = await until(client.connection, (value) => isDisconnected(value) && value.failures >= 2);
    expect(lost).toMatchObject({ cause: "not yet", wasConnected: false });
  });

  test("starts again with the shortest wait once a response has come", async () => {
    const plane = await controlPlane((stream) => stream.write(shopResponse, () => stream.end()));
    const { client, log } = start([plane.address], hurried);
    await until(client.connection, isConnected);
    await plane.received(12);
    const waits = log.lines.filter((line) => line.event === "control-plane-lost").map((line) => Number(line.fields["retryInMs"]));
    expect(waits.length).toBeGreaterThanOrEqual(2);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1_000);
  });

  test("does not go through a proxy that the environment names", async () => {
    const plane = await controlPlane((stream) => stream.write(shopResponse));
    process.env["http_proxy"] = `http://${await deadAddress()}`;
    open.push({ close: () => delete process.env["http_proxy"] });
    const { client } = start([plane.address]);
    expect((await until(client.connection, (value) => value.kind !== "connecting")).kind).toBe("connected");
  });

  test("takes a response larger than gRPC's own 4 MiB", async () => {
    const value = Buffer.alloc(5 * 1_024 * 1_024);
    const large = { name: "large", version: "1", resource: { type_url: RESOURCE_TYPES.cluster, value } };
    const plane = await controlPlane((stream) => stream.write({ ...shopResponse, resources: [large, ...(shopResponse.resources ?? [])] }));
    const { protocol } = start([plane.address]);
    await until(protocol.applied, (applied) => applied.clusters.has("shop"));
    expect(protocol.state.value.held).toHaveLength(1);
  });

  test("calls nothing back once it is closed", async () => {
    const plane = await controlPlane((stream) => stream.write(shopResponse));
    const { client } = start([plane.address]);
    await until(client.connection, isConnected);
    void client.close();
    const ended = new Promise((resolve) => plane.streams[0]?.on("cancelled", resolve));
    await ended;
    expect(client.connection.value.kind).toBe("connected");
  });
});
