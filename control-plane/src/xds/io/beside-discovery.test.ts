import { type HealthCheckResponse__Output, services } from "@fairlead/proto";
import { Cell, newMetrics } from "@fairlead/shared";
import { systemClock, systemRng } from "@fairlead/shared/io";
import { RecordedLog } from "@fairlead/shared/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DEFAULT_LIMITS, type LoadObserver, newXdsServer, type ResourceSets, type XdsServer, type XdsServerDeps } from "../library.js";
import { EDS, view } from "../testing/views.js";
import { WireClient } from "../testing/wire-client.js";

const { aggregated, clientStatus, health, loadReporting, reflection } = services;
const node = { id: "web-1", client_features: ["envoy.lrs.supports_send_all_clusters"] };
const nobody = { opened() {}, closed() {}, subscribed() {}, sent() {}, acked() {}, nacked() {}, gateExpired() {} };

describe("what the xDS port serves beside discovery", () => {
  let server: XdsServer;
  let client: WireClient;
  let sets: Cell<ResourceSets>;
  let metrics: ReturnType<typeof newMetrics>;
  let heard: string[];
  let reported: () => void;

  async function start(changed: Partial<XdsServerDeps> = {}): Promise<void> {
    metrics = newMetrics();
    const loads: LoadObserver = {
      opened: (reporter) => void heard.push(`opened ${reporter.node.id} ${reporter.peer.split(":")[0]}`),
      closed: (reporter) => {
        heard.push(`closed ${reporter.node.id}`);
        reported();
      },
      reported: (_reporter, all) => {
        heard.push(`reported ${all.map(({ cluster }) => cluster).join(" ")}`);
        reported();
      },
    };
    const deps = { viewOf: () => sets, observer: nobody, clock: systemClock, rng: systemRng, log: new RecordedLog(), metrics };
    server = newXdsServer({ ...deps, limits: DEFAULT_LIMITS, identifier: "cp-1", loads, ...changed });
    const listening = await server.listen({ host: "127.0.0.1", port: 0 });
    if (!listening.ok) throw new Error(listening.error);
    client = new WireClient(listening.value.port);
  }

  /** Resolves at the next report or end of a reporter. */
  const nextNews = () =>
    new Promise<void>((resolve) => {
      reported = resolve;
    });

  beforeEach(() => {
    heard = [];
    reported = () => undefined;
    sets = new Cell(view({ cds: { a: "1" }, eds: { a: "1" } }));
  });

  afterEach(async () => {
    client.close();
    await server.close();
  });

  test("takes load reports, and hears of a client that goes", async () => {
    await start();
    const stream = client.open(loadReporting.StreamLoadStats);
    stream.write({ node });
    expect(await stream.next()).toMatchObject({ send_all_clusters: true, load_reporting_interval: { seconds: 5 } });
    let news = nextNews();
    stream.write({ cluster_stats: [{ cluster_name: "shop" }] });
    await news;
    news = nextNews();
    stream.cancel();
    await news;
    expect(heard).toEqual(["opened web-1 127.0.0.1", "reported shop", "closed web-1"]);
  });

  test("tells a client that cannot send all what to report on, and what to report on next", async () => {
    await start();
    const stream = client.open(loadReporting.StreamLoadStats);
    stream.write({ node: { id: "old" } });
    expect((await stream.next()).clusters).toEqual(["a"]);
    sets.set(view({ cds: { a: "1", b: "1" } }));
    expect((await stream.next()).clusters).toEqual(["a", "b"]);
    stream.cancel();
  });

  test("ends a stream of load reports that grows old, holds garbage or is one too many", async () => {
    await start({ limits: { ...DEFAULT_LIMITS, streamAgeMs: 1_500, loadStreams: 1 } });
    const old = client.open(loadReporting.StreamLoadStats);
    old.write({ node });
    await old.next();
    const more = client.open(loadReporting.StreamLoadStats);
    expect((await more.status).code).toBe(8);
    expect(await old.status).toMatchObject({ code: 0 });
    const raw = client.openRaw(loadReporting.StreamLoadStats);
    raw.write(Buffer.from("ff", "hex"));
    expect((await raw.status).code).toBe(3);
    expect(await metrics.expose()).toContain('fairlead_xds_limit_hits_total{limit="loadStreams"} 1');
  });

  test("ends streams of load reports with OK when it closes", async () => {
    await start();
    const stream = client.open(loadReporting.StreamLoadStats);
    stream.write({ node });
    await stream.next();
    const closing = server.close();
    expect(await stream.status).toMatchObject({ code: 0 });
    await closing;
    expect(heard.at(-1)).toBe("closed web-1");
  });

  test("without anybody to take them, load reports are not served", async () => {
    metrics = newMetrics();
    const deps = { viewOf: () => sets, observer: nobody, clock: systemClock, rng: systemRng, log: new RecordedLog(), metrics };
    server = newXdsServer({ ...deps, limits: DEFAULT_LIMITS, identifier: "cp-1" });
    const listening = await server.listen({ host: "127.0.0.1", port: 0 });
    client = new WireClient(listening.ok ? listening.value.port : 0);
    const stream = client.open(loadReporting.StreamLoadStats);
    stream.write({ node });
    expect((await stream.status).code).toBe(12);
    await expect(client.ask(health.Check, { service: "envoy.service.load_stats.v3.LoadReportingService" })).rejects.toMatchObject({
      code: 5,
    });
  });

  test("client status shows what a stream was sent and how it answered, asked once or over and over", async () => {
    await start();
    const stream = client.open(aggregated.StreamAggregatedResources);
    stream.write({ node: { id: "web-1" }, type_url: EDS, resource_names: ["a"] });
    const { nonce, version_info } = await stream.next();
    const sent = await client.ask(clientStatus.FetchClientStatus, {});
    expect(sent.config).toMatchObject([{ node: { id: "web-1" }, generic_xds_configs: [{ name: "a", config_status: "STALE" }] }]);
    stream.write({ type_url: EDS, resource_names: ["a"], response_nonce: nonce, version_info });
    // Answered on the same connection, in order: the ACK has been heard by then.
    const asking = client.open(clientStatus.StreamClientStatus);
    asking.write({ node_matchers: [{ node_id: { exact: "web-1" } }] });
    expect((await asking.next()).config[0]?.generic_xds_configs).toMatchObject([
      { config_status: "SYNCED", xds_config: { type_url: EDS } },
    ]);
    asking.write({ node_matchers: [{ node_id: { exact: "web-2" } }] });
    expect((await asking.next()).config).toEqual([]);
    asking.write({ node_matchers: [{}] });
    expect((await asking.status).code).toBe(3);
    await expect(client.ask(clientStatus.FetchClientStatus, { node_matchers: [{}] })).rejects.toMatchObject({ code: 3 });
    stream.cancel();
  });

  test("health follows readiness, ends as not serving, and knows its services by name", async () => {
    const ready = new Cell(false);
    await start({ ready });
    expect(await client.ask(health.Check, {})).toEqual({ status: "NOT_SERVING" });
    const watching = client.listen(health.Watch, { service: "envoy.service.discovery.v3.AggregatedDiscoveryService" });
    const stranger = client.listen(health.Watch, { service: "no.Such" });
    expect([await watching.next(), await stranger.next()]).toEqual([{ status: "NOT_SERVING" }, { status: "SERVICE_UNKNOWN" }]);
    ready.set(true);
    expect(await watching.next()).toEqual({ status: "SERVING" });
    expect(await client.ask(health.Check, { service: "" })).toEqual({ status: "SERVING" });
    await expect(client.ask(health.Check, { service: "no.Such" })).rejects.toMatchObject({ code: 5 });
    const closing = server.close();
    expect(await watching.next()).toEqual({ status: "NOT_SERVING" });
    expect(await watching.status).toMatchObject({ code: 0 });
    await closing;
  });

  test("reflection answers to both of its names, with what is served", async () => {
    await start();
    const v1alpha = { ...reflection.ServerReflectionInfo, path: "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo" };
    for (const method of [reflection.ServerReflectionInfo, v1alpha]) {
      const stream = client.open(method);
      stream.write({ list_services: "" });
      const listed = (await stream.next()).list_services_response?.service.map(({ name }) => name);
      expect(listed).toEqual(
        expect.arrayContaining([
          "envoy.service.discovery.v3.AggregatedDiscoveryService",
          "envoy.service.load_stats.v3.LoadReportingService",
          "envoy.service.status.v3.ClientStatusDiscoveryService",
          "grpc.health.v1.Health",
          "grpc.reflection.v1.ServerReflection",
          "grpc.reflection.v1alpha.ServerReflection",
        ]),
      );
      stream.write({ file_containing_symbol: "envoy.service.load_stats.v3.LoadStatsRequest" });
      expect((await stream.next()).file_descriptor_response?.file_descriptor_proto.length).toBeGreaterThan(3);
      stream.cancel();
    }
  });

  test("a few tools do not keep the fleet out, nor too many each other for ever", async () => {
    await start({ limits: { ...DEFAULT_LIMITS, toolStreams: 1 } });
    const first = client.listen(health.Watch, {});
    await first.next();
    const second = client.listen(health.Watch, {});
    expect((await second.status).code).toBe(14);
    const stream = client.open(aggregated.StreamAggregatedResources);
    stream.write({ node: { id: "web-1" }, type_url: EDS, resource_names: ["a"] });
    await stream.next();
    first.cancel();
    stream.cancel();
    // The server hears of it in its own time.
    const served = (): Promise<HealthCheckResponse__Output> => client.listen(health.Watch, {}).next().catch(served);
    expect(await served()).toEqual({ status: "SERVING" });
    expect(await metrics.expose()).toMatch(/fairlead_xds_limit_hits_total\{limit="toolStreams"\} [1-9]/);
  });
});
