import { Cell, KeyedCell, LatencySketch, newMetrics, type ServiceName } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import { describe, expect, test } from "vitest";
import type { MembershipSettings } from "../../config/index.js";
import { endpointAt, FakeSource, idOf } from "../../discovery/testing/fake-source.js";
import { newFleet } from "../../fleet/index.js";
import type { Explanation, Verdict } from "../../health/index.js";
import { NO_CALLERS } from "../../health/testing/evidence.js";
import type { ObservationState } from "../../observe/index.js";
import { Records } from "../../records/index.js";
import { LiveRegistry } from "../../registry/index.js";
import { Views } from "../../resources/index.js";
import { Publisher } from "../../snapshot/index.js";
import { settingsWith } from "../../snapshot/testing/settings.js";
import type { TlsState } from "../../xds/index.js";
import type { ReloadState, SeedDoubt } from "../state.js";
import { adminApp } from "./admin-server.js";

const SHOP = "shop" as ServiceName;

const OBSERVED: ObservationState = {
  against: "http://127.0.0.1:1",
  state: "differs",
  because: undefined,
  sinceMs: 0,
  comparisons: new Map([
    [SHOP, { source: "http://127.0.0.1:1", state: "differs", because: undefined, sinceMs: 0, divergences: 1, differences: undefined }],
  ]),
};

async function api(membership: Partial<MembershipSettings> = {}, observe = false) {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const metrics = newMetrics();
  const records = new Records(clock);
  const source = new FakeSource("lists");
  const other = new FakeSource("dns");
  const registry = new LiveRegistry({ clock, log, metrics, confirmations: records.confirmations, remembered: new Map() });
  registry.configure({
    sources: membership.compare === undefined ? [source] : [source, other],
    services: new Map(),
    defaults: settingsWith(membership),
  });
  const verdicts = new KeyedCell<ServiceName, ReadonlyMap<ReturnType<typeof idOf>, Verdict>>();
  const fleet = newFleet({ clock, metrics, log, knows: () => true });
  const publisher = new Publisher(
    {
      clock,
      log,
      metrics,
      services: registry.services,
      sources: registry.sources,
      verdicts,
      confirmations: records.confirmations,
      lineage: { lineage: "l", epoch: 1 },
      saved: new Map(),
      usage: fleet,
      bootWaitMs: 30_000,
    },
    () => settingsWith(membership),
  );
  const views = new Views({ snapshot: publisher.snapshot, log, metrics });
  const seeds = new Cell<readonly SeedDoubt[]>([]);
  const observation = observe ? new Cell<ObservationState>(OBSERVED) : undefined;
  const reload = new Cell<ReloadState>({ loadedAtMs: clock.wallMs(), refused: undefined, restartNeeded: [] });
  const xdsTls = new Cell<TlsState | undefined>(undefined);
  const app = await adminApp({
    id: "cp-1",
    version: "0.0.0",
    startedAtMs: clock.wallMs(),
    clock,
    metrics,
    registry,
    health: {
      verdicts,
      noticedMs: () => undefined,
      explain: (service, endpoint) => explained(verdicts.value.get(service)?.get(endpoint)),
      ledger: () => undefined,
      held: new Map(),
    },
    callers: NO_CALLERS,
    changedChecks: { changes: new Map() },
    checkers: undefined,
    snapshot: publisher.snapshot,
    keeper: new Cell({ savedAtMs: undefined, failure: undefined }),
    observation,
    reload,
    seeds,
    fleet,
    xdsTls,
    views,
    confirm: (service, by) => records.confirm(service, by),
  });
  const get = async (url: string) => {
    const answer = await app.inject({ url });
    return { status: answer.statusCode, type: answer.headers["content-type"], body: answer.json<Record<string, unknown>>() };
  };
  source.see(SHOP, [endpointAt(1), endpointAt(2)]);
  clock.advance(1_000);
  registry.useEvidence({ verdict: (service, endpoint) => verdicts.value.get(service)?.get(endpoint) });
  return { app, get, clock, source, other, registry, verdicts, reload, seeds, fleet, xdsTls, views, log };
}

function well(because: string): Verdict {
  return { status: "healthy", because, sinceMs: 0, untilMs: undefined, refusing: false, share: 1, ramp: undefined };
}

function sick(because: string): Verdict {
  return { ...well(because), status: "unhealthy" };
}

function explained(verdict: Verdict | undefined): Explanation | undefined {
  if (verdict === undefined) return undefined;
  const { status, because, sinceMs, refusing } = verdict;
  const opinion = { status, because, sinceMs, refusing, kind: undefined, last: undefined, disagreeing: 0 };
  return { verdict, opinion, votes: [], callers: undefined, heldBy: undefined, disputed: false };
}

describe("what the API shows", () => {
  test("a service with its members, contributions and standing", async () => {
    const { get } = await api();
    expect((await get("/v1/services")).body).toMatchObject({
      services: [{ name: "shop", standing: "live", endpoints: { serving: 2, held: 0 } }],
    });
    expect((await get("/v1/services/shop")).body).toMatchObject({
      contributions: [{ source: "lists", state: "complete", endpoints: 2 }],
      members: [{ id: "10.0.0.1:1", outcome: "serving", place: "test:1", sources: ["lists"] }, { id: "10.0.0.1:2" }],
    });
  });

  test("the load that clients report: of a service, by place and reporter, and how full the table is", async () => {
    const { get, clock, fleet } = await api();
    expect((await get("/v1/services/shop")).body).not.toHaveProperty("load");
    expect((await get("/v1/load/shop")).body).toEqual({ service: "shop", endpoints: [], places: [] });
    const node = { id: "web-1", cluster: "", zone: "a", userAgentName: "envoy", userAgentVersion: "1", clientFeatures: [], metadata: {} };
    const reporter = { streamId: 1, node, peer: "10.1.1.1:4000" };
    const place = { endpoint: "10.0.0.1:1", region: "", zone: "a", subZone: "", priority: 0 };
    const metrics = [
      { name: "ms", requests: 4, total: 10 },
      { name: "fairlead.errors.5xx", requests: 20, total: 20 },
    ];
    const sketch = LatencySketch.empty();
    for (let ms = 1; ms <= 100; ms++) sketch.add(ms);
    const places = [{ place, issued: 100, succeeded: 80, failed: 20, inProgress: 3, metrics, latencies: sketch.encode() }];
    fleet.loadObserver.opened(reporter);
    fleet.loadObserver.reported(reporter, [{ cluster: "shop", windowMs: 10_000, dropped: 5, places }]);
    const summed = {
      requestsPerSecond: 10,
      successesPerSecond: 8,
      errorsPerSecond: 2,
      inProgress: 3,
      reporters: 1,
      requests: 100,
      errors: { connect: 0, timeout: 0, broken: 0, "5xx": 20 },
      latencyMs: { p50: expect.closeTo(50, -1), p90: expect.closeTo(90, -1), p99: expect.closeTo(99, -1) },
    };
    const summary = {
      ...summed,
      droppedPerSecond: 0.5,
      lastReportAt: new Date(clock.wallMs()).toISOString(),
      lastRequestAt: new Date(clock.wallMs()).toISOString(),
    };
    expect((await get("/v1/services/shop")).body).toMatchObject({ load: summary });
    expect((await get("/v1/load")).body).toEqual({
      streams: 1,
      entries: 1,
      entriesMax: 100_000,
      unkept: { "unknown-service": 0, full: 0, "reporter-full": 0, "endpoints-full": 0, "bad-latencies": 0 },
      services: [{ service: "shop", ...summary }],
    });
    expect((await get("/v1/load/shop")).body).toMatchObject({
      load: summary,
      endpoints: [{ endpoint: "10.0.0.1:1", ...summed }],
      places: [
        {
          endpoint: "10.0.0.1:1",
          reporter: { node: "web-1", client: "envoy 1", host: "10.1.1.1" },
          errorsPerSecond: 2,
          metrics: [{ name: "ms", requests: 4, mean: 2.5 }, { name: "fairlead.errors.5xx" }],
        },
      ],
    });
    expect((await get("/v1/load/none")).status).toBe(404);
  });

  test("why an endpoint is out", async () => {
    const { get, clock, verdicts } = await api();
    verdicts.update([[SHOP, new Map([[idOf(2), sick("refused twice in a row")]])]]);
    clock.advance(1_000);
    const { body } = await get("/v1/services/shop/endpoints/10.0.0.1:2");
    expect(body).toMatchObject({
      outcome: "out",
      because: ["refused twice in a row"],
      health: { status: "unhealthy" },
      published: { health: "unhealthy" },
    });
  });

  test("a held removal with its kind, reason and end", async () => {
    const { get, source } = await api();
    source.see(SHOP, []);
    const { body } = await get("/v1/services/shop/endpoints/10.0.0.1:1");
    expect(body).toMatchObject({
      outcome: "serving",
      hold: { kind: "shrink", since: "2023-11-14T22:13:21.000Z", until: "2023-11-14T22:18:21.000Z" },
    });
    expect((await get("/v1/status")).body).toMatchObject({ degraded: [{ mode: "held-removals", service: "shop" }] });
  });

  test("a hold's end as a countdown, and what an endpoint is reproached for having come and gone", async () => {
    const { get, source, clock } = await api();
    const both = [endpointAt(1), endpointAt(2)];
    for (let round = 0; round < 3; round++) {
      source.see(SHOP, both.slice(0, 1));
      if (round < 2) source.see(SHOP, both);
    }
    clock.advance(10_000);
    const { body } = await get("/v1/services/shop/endpoints/10.0.0.1:2");
    expect(body).toMatchObject({ listed: "no", unlistedPolicy: "remove", flapPenalty: 2381, hold: { kind: "flap", endsInSeconds: 50 } });
  });

  test("the table of listed and healthy, with who is retained and why", async () => {
    const { get, source, verdicts, clock, registry } = await api({ unlisted: "keep-while-healthy" });
    source.see(SHOP, [endpointAt(1), endpointAt(2), endpointAt(3)]);
    verdicts.update([[SHOP, new Map([1, 2, 3].map((port) => [idOf(port), port === 2 ? sick("timed out") : well("accepts")]))]]);
    source.see(SHOP, [endpointAt(1), endpointAt(2)]);
    registry.reconsider(new Set([SHOP]));
    clock.advance(60_000);
    const { body } = await get("/v1/services/shop");
    expect(body).toMatchObject({
      listing: { listed: { healthy: 1, unhealthy: 1 }, unlisted: { healthy: 1, unhealthy: 0 } },
      settings: { unlisted: "keep-while-healthy", merge: "union" },
    });
    expect((await get("/v1/services/shop/endpoints/10.0.0.1:3")).body).toMatchObject({
      listed: "no",
      outcome: "serving",
      hold: { kind: "retained" },
      because: [expect.stringContaining("no source lists it")],
    });
  });

  test("where a kind of client gets less than is configured is shown with the service", async () => {
    const { get } = await api();
    const { rendering } = (await get("/v1/services/shop")).body as { rendering: { client: string; wanted: string; given: string }[] };
    expect(rendering.find(({ client }) => client === "gRPC Node")).toMatchObject({ wanted: "least-request", given: "round-robin" });
    expect(rendering.find(({ client }) => client === "Envoy")).toBeUndefined();
  });

  test("a resource that a client would refuse is a degraded mode until it would not", async () => {
    const { get, source, views, clock } = await api();
    const client = { id: "e", cluster: "c", zone: "a", userAgentName: "envoy", userAgentVersion: "", clientFeatures: [], metadata: {} };
    views.viewOf(client);
    const priorities = (count: number) => Array.from({ length: count }, (_, priority) => endpointAt(priority + 1, { priority }));
    source.see(SHOP, priorities(130));
    clock.advance(1_000);
    expect((await get("/v1/status")).body).toMatchObject({ degraded: [{ mode: "refused-resource", service: "shop" }] });
    source.see(SHOP, priorities(129));
    clock.advance(5_000);
    expect((await get("/v1/status")).body).toMatchObject({ degraded: [] });
  });

  test("a collapse that was let through is marked on the service and is a degraded mode", async () => {
    const { get, source, clock } = await api();
    source.see(SHOP, []);
    clock.advance(301_000);
    const confirmed = { because: "its clock ran out", before: 2 };
    expect((await get("/v1/services/shop")).body).toMatchObject({ confirmed, endpoints: { serving: 0 } });
    expect((await get("/v1/status")).body).toMatchObject({ degraded: [{ mode: "confirmed-collapse", service: "shop" }] });
  });

  test("the certificate of the xDS port: until when, why a new one is not used, and that it ends soon", async () => {
    const { get, xdsTls, clock } = await api();
    expect((await get("/v1/status")).body).not.toHaveProperty("xdsTls");
    const nowMs = clock.wallMs();
    const day = 86_400_000;
    const state = { startsAtMs: nowMs - 10 * day, endsAtMs: nowMs + 20 * day, loadedAtMs: nowMs, clientsProveThemselves: true };
    xdsTls.set({ ...state, refused: undefined });
    expect((await get("/v1/status")).body).toMatchObject({ xdsTls: { daysLeft: 20, clientsProveThemselves: true }, degraded: [] });
    xdsTls.set({ ...state, endsAtMs: nowMs + day, refused: { because: "/cp.pem: no certificate", sinceMs: nowMs } });
    expect((await get("/v1/status")).body).toMatchObject({
      degraded: [
        { mode: "certificate-refused", because: expect.stringContaining("/cp.pem: no certificate") },
        { mode: "certificate-ends", endsInSeconds: 86_400 },
      ],
    });
    xdsTls.set({ ...state, endsAtMs: nowMs - 1, refused: undefined });
    expect((await get("/v1/status")).body).toMatchObject({
      degraded: [{ mode: "certificate-ends", because: expect.stringContaining("has ended") }],
    });
  });

  test("why a source is disturbed and for how long, and how many of its members could not be read", async () => {
    const { get, source, clock } = await api();
    source.disturbedUntilMs.set(clock.wallMs() + 30_000);
    const quarantined = [{ place: "/shop/3", reason: "not JSON" }];
    source.services.update([[SHOP, { kind: "seen", reading: { endpoints: new Map(), quarantined, completeness: { kind: "complete" } } }]]);
    expect((await get("/v1/sources")).body).toMatchObject({
      sources: [
        {
          name: "lists",
          feeds: true,
          disturbedForSeconds: 30,
          disturbedBecause: expect.stringContaining("interrupted"),
          quarantinedMembers: 1,
        },
      ],
    });
    expect((await get("/v1/services/shop")).body).toMatchObject({ contributions: [{ quarantined }] });
    expect((await get("/v1/status")).body).toMatchObject({
      degraded: [{ mode: "disturbed-source", endsInSeconds: 30 }, { mode: "held-removals" }],
    });
  });

  test("a compared source: in numbers for all services, by name for one, and never as what is served", async () => {
    const { get, other, clock } = await api({ compare: "dns" });
    other.see(SHOP, [endpointAt(2, { weight: 7 }), endpointAt(9)]);
    other.see("cart" as ServiceName, [endpointAt(5)]);
    clock.advance(1_000);
    expect((await get("/v1/comparisons")).body).toMatchObject({
      same: 0,
      differs: 2,
      unknown: 0,
      services: [
        { service: "cart", with: "dns", onlyHere: 0, onlyThere: 1, similarity: 0 },
        { service: "shop", with: "dns", onlyHere: 1, onlyThere: 1, differing: 1, similarity: 0.333 },
      ],
    });
    expect((await get("/v1/services/shop")).body).toMatchObject({
      compared: "differs",
      comparison: {
        onlyThere: { count: 1, first: ["10.0.0.1:9"] },
        differing: { first: [{ endpoint: "10.0.0.1:2", what: ["weight 100, there 7"] }] },
      },
      members: [{ id: "10.0.0.1:1" }, { id: "10.0.0.1:2" }],
    });
    expect((await get("/v1/services/cart")).body).toMatchObject({ standing: "compared", members: [] });
    expect((await get("/v1/snapshot")).body).toMatchObject({ services: [{ name: "shop", endpoints: 2 }] });
    expect((await get("/v1/sources")).body).toMatchObject({ sources: [{ feeds: true }, { name: "dns", feeds: false }] });
  });

  test("observe mode: how it compares, and that it is never ready", async () => {
    const { get } = await api({}, true);
    expect((await get("/v1/status")).body).toMatchObject({ observe: { state: "differs", services: { differs: 1 } } });
    expect((await get("/v1/services")).body).toMatchObject({ services: [{ name: "shop", observed: "differs" }] });
    expect(await get("/readyz")).toMatchObject({ status: 503, body: { missing: ["observe mode: nothing is published"] } });
  });

  test("a refused reload and a stale source are degraded modes with since and why", async () => {
    const { get, reload, source } = await api();
    reload.set({ ...reload.value, refused: { sinceMs: 0, problems: ["cp.yaml:1:1: id: missing"] } });
    source.listing.set({ kind: "stale", sinceMs: 0, cause: "connection lost", quarantined: [] });
    const { degraded } = (await get("/v1/status")).body as { degraded: { mode: string; because: string }[] };
    expect(degraded.map(({ mode, because }) => `${mode}: ${because}`)).toEqual([
      "stale-source: lists: connection lost",
      "reload-refused: cp.yaml:1:1: id: missing",
    ]);
    expect((await get("/v1/sources")).body).toMatchObject({ sources: [{ name: "lists", state: "stale", reason: "connection lost" }] });
  });

  test("a partial reading and a partial list of services are degraded modes with their reasons", async () => {
    const { get, source } = await api();
    source.see(SHOP, [endpointAt(1)], { kind: "partial", reason: "1 of 2 members unread" });
    source.list({ kind: "partial", reason: "/services has 11000 services, at most 10000 are read" });
    expect((await get("/v1/status")).body).toMatchObject({
      degraded: [
        { mode: "partial-source", because: "lists: /services has 11000 services, at most 10000 are read" },
        { mode: "partial-reading", service: "shop", because: "nothing is removed on the word of lists: 1 of 2 members unread" },
      ],
    });
  });

  test("a seed that needs us, and one that needs DNS, are degraded modes", async () => {
    const { get, seeds } = await api();
    const doubt = {
      path: ["sources", 0, "servers"],
      what: "zk1 is a name",
      why: "no DNS, no zk1",
      instead: "give its address",
      sinceMs: 0,
    };
    seeds.set([
      { kind: "name", ...doubt },
      { kind: "loop", ...doubt },
    ]);
    const because = "sources[0].servers: zk1 is a name: no DNS, no zk1; give its address";
    expect((await get("/v1/status")).body).toMatchObject({
      degraded: [
        { mode: "seeds-need-dns", because },
        { mode: "bootstrap-loop", because },
      ],
    });
  });

  test("a node's streams: subscribed, sent, ACKed, last NACK", async () => {
    const { get, fleet } = await api();
    const node = {
      id: "web-1",
      cluster: "web",
      zone: "a",
      userAgentName: "envoy",
      userAgentVersion: "1",
      clientFeatures: [],
      metadata: {},
    };
    const stream = { streamId: 1, node, peer: "127.0.0.1:5", variant: "delta" } as const;
    const type = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
    fleet.observer.opened(stream);
    fleet.observer.subscribed(stream, type, ["shop"], false);
    fleet.observer.sent(stream, type, { nonce: "1", version: "v1", resources: 1, bytes: 10 });
    fleet.observer.nacked(stream, type, { nonce: "1", reason: "bad weight", resources: ["shop"] });
    const { streams } = (await get("/v1/sidecars/web-1")).body as { streams: { types: unknown[] }[] };
    expect(streams[0]?.types).toMatchObject([
      { type: "Cluster", subscribed: ["shop"], sent: { version: "v1" }, lastNack: { reason: "bad weight", resources: ["shop"], count: 1 } },
    ]);
    expect((await get("/v1/sidecars")).body).toMatchObject({ sidecars: [{ node: "web-1" }] });
  });

  test("readiness lists what is missing and comes with bootWait at the latest", async () => {
    const { get, source, clock } = await api();
    expect((await get("/readyz")).status).toBe(200);
    source.listing.set({ kind: "pending" });
    clock.advance(100);
    expect(await get("/readyz")).toMatchObject({ status: 503, body: { ready: false, missing: ["lists"] } });
    clock.advance(30_000);
    expect(await get("/readyz")).toMatchObject({ status: 200, body: { ready: true, missing: ["lists"] } });
  });
});

describe("problems", () => {
  test.each([
    ["/v1/services/nobody", "No service nobody is known"],
    ["/v1/services/shop/endpoints/10.0.0.1:9", "shop has no endpoint 10.0.0.1:9"],
    ["/v1/sidecars/nobody", "No stream of node nobody is known"],
    ["/v2/anything", "GET /v2/anything is not part of this API"],
  ])("%s is 404, as problem+json that says where to look", async (url, detail) => {
    const { get } = await api();
    const { status, type, body } = await get(url);
    expect([status, type]).toEqual([404, "application/problem+json; charset=utf-8"]);
    expect(body["detail"]).toContain(detail);
  });
});

describe("confirm", () => {
  const payload = { author: "ops", reason: "decommissioned" };

  test("it ends the service's holds and says how many", async () => {
    const { app, get, source, clock } = await api();
    source.see(SHOP, []);
    const answer = await app.inject({ method: "POST", url: "/v1/services/shop/confirm", payload });
    expect(answer.json()).toMatchObject({ service: "shop", author: "ops", ended: 2 });
    clock.advance(1_000);
    expect((await get("/v1/services/shop")).body).toMatchObject({ members: [] });
  });

  test("it needs an author and a reason", async () => {
    const { app } = await api();
    const answer = await app.inject({ method: "POST", url: "/v1/services/shop/confirm", payload: { author: "ops" } });
    expect(answer.statusCode).toBe(400);
    expect(answer.json<{ detail: string }>().detail).toContain("reason");
  });

  test("it is taken from the loopback interface only", async () => {
    const { app } = await api();
    const answer = await app.inject({ method: "POST", url: "/v1/services/shop/confirm", payload, remoteAddress: "10.1.2.3" });
    expect(answer.statusCode).toBe(403);
  });
});

test("the OpenAPI document is 3.1 and names every route", async () => {
  const { get } = await api();
  const { body } = await get("/v1/openapi.json");
  expect(body["openapi"]).toBe("3.1.0");
  expect(Object.keys(body["paths"] as object).sort()).toEqual([
    "/healthz",
    "/metrics",
    "/readyz",
    "/v1/checkers",
    "/v1/comparisons",
    "/v1/load",
    "/v1/load/{name}",
    "/v1/services",
    "/v1/services/{name}",
    "/v1/services/{name}/confirm",
    "/v1/services/{name}/endpoints/{id}",
    "/v1/sidecars",
    "/v1/sidecars/{node}",
    "/v1/snapshot",
    "/v1/sources",
    "/v1/status",
  ]);
});
