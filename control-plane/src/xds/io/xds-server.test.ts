import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { services } from "@fairlead/proto";
import { Cell, newMetrics } from "@fairlead/shared";
import { systemClock, systemRng } from "@fairlead/shared/io";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newFleet } from "../../fleet/index.js";
import { DEFAULT_LIMITS, newXdsServer, type ResourceSets, type XdsServer, type XdsServerDeps } from "../library.js";
import { CDS, EDS, LDS, RDS, view } from "../testing/views.js";
import { WireClient } from "../testing/wire-client.js";

const { aggregated, clusters, endpoints, listeners, routes } = services;
const node = { id: "web-1", cluster: "web", locality: { zone: "a" }, user_agent_name: "test" };
const everything = { cds: { a: "1" }, eds: { a: "1" }, lds: { a: "1" }, rds: { a: "1" } };

/** An assignment of more bytes than the transport takes at once. */
function withLarge(version: string): ResourceSets {
  const all = view({ ...everything, eds: { a: version } });
  const resources = new Map([["a", { name: "a", version, value: Buffer.alloc(1 << 20) }]]);
  return { ...all, types: new Map([...all.types, [EDS, { version, resources }]]) };
}

describe("the xDS server on a socket", () => {
  let sets: Cell<ResourceSets>;
  let fleet: ReturnType<typeof newFleet>;
  let metrics: ReturnType<typeof newMetrics>;
  let server: XdsServer;
  let client: WireClient;

  async function start(changed: Partial<XdsServerDeps> = {}): Promise<void> {
    metrics = newMetrics();
    fleet = newFleet({ clock: systemClock, metrics, log: new RecordedLog(), knows: () => true });
    server = newXdsServer({
      viewOf: () => sets,
      observer: fleet.observer,
      clock: systemClock,
      rng: systemRng,
      log: new RecordedLog(),
      metrics,
      limits: DEFAULT_LIMITS,
      identifier: "cp-1",
      ...changed,
    });
    const listening = await server.listen({ host: "127.0.0.1", port: 0 });
    if (!listening.ok) throw new Error(listening.error);
    client = new WireClient(listening.value.port);
    port = listening.value.port;
  }
  let port = 0;

  beforeEach(() => {
    sets = new Cell(view(everything));
  });

  afterEach(async () => {
    client.close();
    await server.close();
  });

  test("a connection without a stream is closed after a while, one with a stream stays", async () => {
    await start({ limits: { ...DEFAULT_LIMITS, idleConnectionMs: 1_000 } });
    const stream = client.open(aggregated.StreamAggregatedResources);
    stream.write({ node, type_url: EDS, resource_names: ["a"] });
    await stream.next();
    const forgotten = connectHttp2(`http://127.0.0.1:${port}`);
    await once(forgotten, "close");
    sets.set(view({ ...everything, eds: { a: "2" } }));
    stream.write({ type_url: CDS, resource_names: ["a"] });
    expect((await stream.next()).type_url).toBe(CDS);
  });

  test("a connection that never says anything is closed after a while, too", async () => {
    await start({ limits: { ...DEFAULT_LIMITS, idleConnectionMs: 100 } });
    const silent = connect(port, "127.0.0.1").resume();
    await once(silent, "close");
  });

  test("with room for one response at a time everybody is answered, one after the other, and hears of changes", async () => {
    sets.set(withLarge("1"));
    await start({ limits: { ...DEFAULT_LIMITS, waitingBytes: 1 } });
    const streams = Array.from({ length: 10 }, () => client.open(aggregated.DeltaAggregatedResources));
    for (const stream of streams) stream.write({ node, type_url: EDS, resource_names_subscribe: ["a"] });
    for (const stream of streams) {
      const { nonce, resources } = await stream.next();
      expect(resources[0]?.version).toBe("1");
      stream.write({ type_url: EDS, response_nonce: nonce });
    }
    sets.set(withLarge("2"));
    for (const stream of streams) expect((await stream.next()).resources[0]?.version).toBe("2");
    expect(await metrics.expose()).toMatch(/fairlead_xds_limit_hits_total\{limit="waitingBytes"\} [1-9]/);
  });

  test("serves SotW on the aggregated stream, pushes a change and hears its ACK", async () => {
    await start();
    const stream = client.open(aggregated.StreamAggregatedResources);
    stream.write({ node, type_url: EDS, resource_names: ["a"] });
    const first = await stream.next();
    expect(first).toMatchObject({
      type_url: EDS,
      control_plane: { identifier: "cp-1" },
      resources: [{ type_url: EDS, value: Buffer.from("a@1") }],
    });
    stream.write({ type_url: EDS, resource_names: ["a"], response_nonce: first.nonce, version_info: first.version_info });
    sets.set(view({ ...everything, eds: { a: "2" } }));
    const second = await stream.next();
    expect(second.resources.map((resource) => resource.value.toString())).toEqual(["a@2"]);
    expect(fleet.nodes[0]).toMatchObject({
      nodeId: "web-1",
      zone: "a",
      peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      variant: "sotw",
    });
    expect(fleet.nodes[0]?.types[0]?.acked?.version).toBe(first.version_info);
    stream.cancel();
  });

  test("serves delta on the aggregated stream, with versions, position and removals", async () => {
    await start();
    const stream = client.open(aggregated.DeltaAggregatedResources);
    stream.write({ node, type_url: CDS, resource_names_subscribe: ["a", "x"] });
    const first = await stream.next();
    expect(first).toMatchObject({
      system_version_info: "lineage/1/1",
      resources: [{ name: "a", version: "1", resource: { type_url: CDS } }],
      removed_resources: ["x"],
      resource_errors: [{ resource_name: { name: "x" }, error_detail: { code: 5 } }],
    });
    stream.cancel();
  });

  test.each([
    ["clusters", clusters.StreamClusters, clusters.DeltaClusters, CDS],
    ["endpoints", endpoints.StreamEndpoints, endpoints.DeltaEndpoints, EDS],
    ["listeners", listeners.StreamListeners, listeners.DeltaListeners, LDS],
    ["routes", routes.StreamRoutes, routes.DeltaRoutes, RDS],
  ] as const)("R1: serves %s on streams of their own, the type implied", async (_name, sotw, delta, typeUrl) => {
    await start();
    const whole = client.open(sotw);
    whole.write({ node, resource_names: ["a"] });
    expect(await whole.next()).toMatchObject({ type_url: typeUrl, resources: [{ value: Buffer.from("a@1") }] });
    const changes = client.open(delta);
    changes.write({ node, resource_names_subscribe: ["a"] });
    expect(await changes.next()).toMatchObject({ type_url: typeUrl, resources: [{ name: "a" }] });
    whole.cancel();
    changes.cancel();
  });

  test("ends a stream whose first request has no node, or is no request, with INVALID_ARGUMENT and the reason", async () => {
    await start();
    const nameless = client.open(aggregated.StreamAggregatedResources);
    nameless.write({ type_url: EDS });
    expect(await nameless.status).toEqual({ code: 3, details: "the first request of a stream must carry node.id" });
    const garbage = client.openRaw(aggregated.DeltaAggregatedResources);
    garbage.write(Buffer.from([0xff, 0xff, 0xff]));
    expect(await garbage.status).toMatchObject({ code: 3, details: expect.stringContaining("DeltaDiscoveryRequest") });
    expect(fleet.nodes).toEqual([]);
  });

  test("a stream that says nothing is ended at its deadline", async () => {
    const clock = new FakeClock();
    await start({ clock });
    const stream = client.open(aggregated.StreamAggregatedResources);
    const other = client.open(aggregated.StreamAggregatedResources);
    other.write({ node, type_url: EDS, resource_names: ["a"] });
    await other.next();
    clock.advance(DEFAULT_LIMITS.firstRequestMs);
    expect(await stream.status).toMatchObject({ code: 4 });
    expect(fleet.nodes).toHaveLength(1);
    expect(await metrics.expose()).toContain('fairlead_xds_limit_hits_total{limit="firstRequestMs"} 1');
    other.cancel();
    clock.schedule = systemClock.schedule;
  });

  test("refuses streams above the limits and serves again when others have ended", async () => {
    await start({ limits: { ...DEFAULT_LIMITS, streamsPerIdentity: 1 } });
    const first = client.open(aggregated.StreamAggregatedResources);
    first.write({ node, type_url: EDS, resource_names: ["a"] });
    await first.next();
    const second = client.open(aggregated.StreamAggregatedResources);
    second.write({ node, type_url: EDS, resource_names: ["a"] });
    expect(await second.status).toMatchObject({ code: 8, details: expect.stringContaining("web-1") });
    first.cancel();
    await expect.poll(() => fleet.nodes.filter((stream) => stream.ended === undefined).length).toBe(0);
    const third = client.open(aggregated.StreamAggregatedResources);
    third.write({ node, type_url: EDS, resource_names: ["a"] });
    await third.next();
    third.cancel();
  });

  test("a client that does not read is paused, others are served, and above its budget it is closed", async () => {
    const big = Buffer.alloc(300_000, 1);
    const withBig = (version: string): ResourceSets => {
      const plain = view({ ...everything, eds: { a: version } });
      const resource = { name: "a", version, value: big };
      return { ...plain, types: new Map([...plain.types, [EDS, { version, resources: new Map([["a", resource]]) }]]) };
    };
    sets.set(withBig("1"));
    await start({ limits: { ...DEFAULT_LIMITS, pauseBytes: 1, bufferBytes: 250_000 } });
    const stream = client.open(aggregated.DeltaAggregatedResources);
    stream.write({ node, type_url: EDS, resource_names_subscribe: ["a"] });
    expect(await stream.status).toMatchObject({ code: 8 });
    expect(await metrics.expose()).toContain('fairlead_xds_limit_hits_total{limit="bufferBytes"} 1');
  });

  test("R33: a stream ends with OK at its age, but not before it had a response", async () => {
    sets.set(view({ ...everything, unavailable: ["b"] }));
    await start({ limits: { ...DEFAULT_LIMITS, streamAgeMs: 50 }, rng: { next: () => 0.5 } });
    const answered = client.open(aggregated.DeltaAggregatedResources);
    answered.write({ node, type_url: EDS, resource_names_subscribe: ["a"] });
    await answered.next();
    expect(await answered.status).toMatchObject({ code: 0 });
    const waiting = client.open(aggregated.StreamAggregatedResources);
    waiting.write({ node, type_url: CDS, resource_names: ["b"] });
    await expect.poll(() => fleet.nodes.filter(({ ended }) => ended === undefined).length).toBe(1);
    const another = client.open(aggregated.DeltaAggregatedResources);
    another.write({ node, type_url: EDS, resource_names_subscribe: ["a"] });
    expect(await another.status).toMatchObject({ code: 0 });
    expect(fleet.nodes.filter(({ ended }) => ended === undefined)).toHaveLength(1);
    waiting.cancel();
  });

  test("a client that asks too fast is read more slowly, and gets everything it asked for", async () => {
    const names = Array.from({ length: 25 }, (_, index) => `n${index}`);
    sets.set(view({ eds: Object.fromEntries(names.map((name) => [name, "1"])) }));
    await start({ limits: { ...DEFAULT_LIMITS, requestsPerSecond: 10 } });
    const stream = client.open(aggregated.DeltaAggregatedResources);
    const ack = async () => {
      const response = await stream.next();
      stream.write({ type_url: EDS, response_nonce: response.nonce });
      return response.resources.map(({ name }) => name);
    };
    stream.write({ node, type_url: EDS, resource_names_subscribe: ["n0"] });
    for (const name of names.slice(1)) stream.write({ type_url: EDS, resource_names_subscribe: [name] });
    const got = new Set<string>();
    while (got.size < names.length) for (const name of await ack()) got.add(name);
    expect(await metrics.expose()).toMatch(/fairlead_xds_limit_hits_total\{limit="requestsPerSecond"\} [1-9]/);
    stream.cancel();
  });

  test("ends its streams with OK, refuses new connections and keeps no client waiting", async () => {
    await start();
    const stream = client.open(aggregated.StreamAggregatedResources);
    stream.write({ node, type_url: EDS, resource_names: ["a"] });
    await stream.next();
    const closing = server.close();
    expect(await stream.status).toMatchObject({ code: 0 });
    await closing;
    expect(fleet.nodes[0]?.ended?.reason).toBe("this server is closing");
    const [error] = await once(connect(port, "127.0.0.1"), "error");
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
  });

  test("says why it cannot listen", async () => {
    await start();
    const second = newXdsServer({
      viewOf: () => sets,
      observer: fleet.observer,
      clock: systemClock,
      rng: systemRng,
      log: new RecordedLog(),
      metrics: newMetrics(),
      limits: DEFAULT_LIMITS,
      identifier: "cp-2",
    });
    expect(await second.listen({ host: "127.0.0.1", port })).toEqual({
      ok: false,
      error: `cannot listen on 127.0.0.1:${port}: another process listens there already`,
    });
    await second.close();
  });
});
