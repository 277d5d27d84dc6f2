import { decode, encode } from "@fairlead/proto";
import { Cell, newMetrics, seeded } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import { describe, expect, test } from "vitest";
import { newPicker } from "../balancer/index.js";
import { Clusters, type VerdictAge } from "../clusters/index.js";
import type { FallbackStatus } from "../fallback/index.js";
import { ClusterCounters, Edge, LoadShed, SHED_DEFAULTS, StreamCounters } from "../forward/index.js";
import { LocalEjection } from "../resilience/index.js";
import { ClientProtocol, type Connection } from "../xds/index.js";
import { assignmentMessage, assignmentResource, clusterMessage, clusterResource, endpointMessage } from "../xds/testing/resources.js";
import { exportMetrics } from "./metrics.js";
import type { AdminState } from "./state.js";
import { clustersView, configDump, readyView } from "./views.js";

/** A sidecar that booted from disk 90 s ago; `shop` was saved with a healthy and an unhealthy endpoint, `cart` was not. */
function booted() {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const metrics = newMetrics();
  const node = { id: "web-7", cluster: "web", zone: "a" };
  const protocol = new ClientProtocol({ node, version: "0.0.0", upstreams: ["shop", "cart"], requestsTo: () => 0, clock, log, metrics });
  const endpoints = [endpointMessage("10.0.0.1", 80), endpointMessage("10.0.0.2", 80, { health_status: "UNHEALTHY" })];
  protocol.restore({
    resources: [clusterResource(clusterMessage("shop"), "c1"), assignmentResource(assignmentMessage("shop", endpoints), "a1")],
    position: "l/1/7",
    savedAtMs: clock.wallMs() - 90_000,
  });
  const verdicts = new Cell<VerdictAge>({ kind: "current" });
  const connection = new Cell<Connection>({
    kind: "disconnected",
    sinceMs: clock.wallMs() - 5_000,
    cause: "refused",
    failures: 3,
    wasConnected: false,
  });
  const fallback = new Cell<FallbackStatus>({
    origin: "disk",
    savedAtMs: 0,
    fellBack: "checksum",
    loadFailure: undefined,
    saveFailure: undefined,
  });
  const rng = seeded(1);
  const clusters = new Clusters({
    applied: protocol.applied,
    verdicts,
    newPicker: ({ picking }, { groups }, memory) => newPicker({ picking, groups }, { rng, ejection: new LocalEjection(), memory }),
    clock,
    log,
  });
  const draining = new Cell(false);
  const edge = new Edge();
  const state: AdminState = {
    node,
    version: "0.0.0",
    startedAtMs: 0,
    upstreams: ["shop", "cart"],
    clock,
    metrics,
    table: clusters.table,
    xds: protocol.state,
    connection,
    fallback,
    draining,
    counters: new Map([["shop", new ClusterCounters()]]),
    replies: new Map([["no-route", 2]]),
    streams: new Map([["shop", new StreamCounters()]]),
    engine: {},
    edge,
    shed: new LoadShed(SHED_DEFAULTS, { probe: undefined, limits: edge.limits, clock, log }),
  };
  return { state, clock, verdicts, draining, protocol };
}

describe("/ready", () => {
  test("it names each upstream with where its state came from, how old it is, or what is missing", () => {
    const { state } = booted();
    expect(readyView(state)).toEqual({
      ready: false,
      draining: false,
      controlPlane: { state: "disconnected", cause: "refused", failures: 3, since: expect.any(String), forSeconds: 5 },
      upstreams: [
        { service: "shop", ready: true, origin: "disk", ageSeconds: 90 },
        { service: "cart", ready: false, missing: ["cluster", "assignment"] },
      ],
    });
  });

  test("a sidecar that drains is not ready, whatever it has", () => {
    const { state, draining } = booted();
    draining.set(true);
    expect(readyView({ ...state, upstreams: ["shop"] })).toMatchObject({ ready: false, draining: true });
  });
});

describe("/clusters", () => {
  test("it shows the stream, the last known good and every upstream's endpoints", () => {
    const { state } = booted();
    Object.assign(state.counters.get("shop") ?? {}, { hedges: 3, hedgesWon: 2, hedgesDenied: 1 });
    const view = clustersView(state);
    expect(view.controlPlane).toMatchObject({ state: "disconnected", cause: "refused", failures: 3, forSeconds: 5 });
    expect(view.fallback).toMatchObject({ origin: "disk", fellBack: "checksum" });
    expect(view.clusters).toMatchObject([
      {
        service: "shop",
        ready: true,
        origin: "disk",
        versions: { cluster: "c1", assignment: "a1" },
        traffic: { hedges: { begun: 3, won: 2, denied: 1 } },
        endpoints: [
          { id: "10.0.0.1:80", health: "healthy", ejected: false, zone: "a", weight: 100 },
          { id: "10.0.0.2:80", health: "unhealthy" },
        ],
      },
      { service: "cart", ready: false, origin: "none", endpoints: [] },
    ]);
  });

  test("a verdict that expired is shown as what it counts as, an ejection as long as it lasts", () => {
    const { state, clock, verdicts } = booted();
    verdicts.set({ kind: "as-of", wallMs: 0 });
    const [first] = state.table.value.get("shop")?.endpoints ?? [];
    if (first !== undefined) first.ejectedUntilMs = 1_000;
    const shop = () => clustersView(state).clusters[0]?.endpoints;
    const until = new Date(clock.wallMs() + 1_000).toISOString();
    expect(shop()).toMatchObject([{ ejected: true, ejection: { because: "connect", state: "out", until } }, { health: "unknown" }]);
    clock.advance(1_000);
    expect(shop()?.[0]).toMatchObject({ ejected: false, ejection: { state: "half-open" } });
  });
});

test("a collapse is shown with whom it took, why and until when, and counted", async () => {
  const { state, clock, protocol } = booted();
  exportMetrics(state);
  const empty = assignmentResource(assignmentMessage("shop", []), "a2");
  const type = "envoy.service.discovery.v3.DeltaDiscoveryResponse";
  const resources = [{ name: empty.name, version: empty.version, resource: { type_url: empty.typeUrl, value: empty.value } }];
  protocol.receive(decode(type, encode(type, { type_url: empty.typeUrl, nonce: "1", resources })));
  const [shop] = clustersView(state).clusters;
  expect(shop).toMatchObject({
    mode: "standby",
    endpoints: [],
    standby: {
      because: "the assignment left 0 of 1 endpoints; confirm the service at the control plane if that is meant",
      until: new Date(clock.wallMs() + 60_000).toISOString(),
      endpoints: [{ id: "10.0.0.1:80" }],
    },
  });
  const text = await state.metrics.expose();
  expect(text).toContain('fairlead_cluster_collapses_total{cluster="shop"} 1');
  expect(text).toContain('fairlead_cluster_endpoints{cluster="shop",standing="standby"} 1');
  clock.advance(60_000);
  expect(clustersView(state).clusters[0]).not.toHaveProperty("standby");
});

test("/config_dump holds the resources in force as they were received", () => {
  const { resources, position } = configDump(booted().state);
  expect(position).toBe("l/1/7");
  expect(resources.map(({ name, version, origin }) => [name, version, origin])).toEqual([
    ["shop", "c1", "disk"],
    ["shop", "a1", "disk"],
  ]);
});

test("/metrics has readiness, the stream and what was counted of requests", async () => {
  const { state } = booted();
  exportMetrics(state);
  state.counters.get("shop")?.finish(204, 3);
  const text = await state.metrics.expose();
  expect(text).toContain('fairlead_ejections_total{cluster="shop",because="traffic"} 0');
  expect(text).toContain('fairlead_ejections_total{cluster="shop",because="asked"} 0');
  expect(text).toContain('fairlead_ejections_spared_total{cluster="shop"} 0');
  expect(text).toContain("fairlead_sidecar_ready 0");
  expect(text).toContain("fairlead_control_plane_connected 0");
  expect(text).toContain('fairlead_requests_total{cluster="shop",class="2xx"} 1');
  expect(text).toContain('fairlead_request_seconds_bucket{cluster="shop",le="0.004"} 1');
  expect(text).toContain('fairlead_limit_hits_total{limit="head-time"} 0');
  expect(text).toContain('fairlead_request_ends_total{reason="answered"} 0');
  expect(text).toContain('fairlead_upstream_connections{cluster="shop",state="idle"} 0');
  expect(text).toContain('fairlead_replies_without_cluster_total{reason="no-route"} 2');
  expect(text).toContain('fairlead_cluster_endpoints{cluster="shop",standing="candidate"} 1');
});

test("who has to leave which endpoint, and what became of TCP connections, is counted and shown", async () => {
  const { state } = booted();
  const leaving = [{ service: "shop", id: "10.0.0.9:80", because: "removed", connections: 3, untilMs: 30_000 } as const];
  const engine = { leaving, moved: new Map([["shop", 7]]) };
  const streams = new StreamCounters();
  streams.open = 2;
  streams.bytesDown = 9;
  streams.end("whole");
  const seen: AdminState = { ...state, metrics: newMetrics(), engine, streams: new Map([["shop", streams]]) };
  expect(clustersView(seen).clusters).toMatchObject([
    { service: "shop", leaving: [{ id: "10.0.0.9:80", because: "removed", connections: 3, forSeconds: 30 }] },
    { service: "cart" },
  ]);
  exportMetrics(seen);
  const text = await seen.metrics.expose();
  for (const line of [
    'leaving_connections{cluster="shop"} 3',
    'moved_connections_total{cluster="shop"} 7',
    'tcp_connections_open{cluster="shop"} 2',
    'tcp_connections_total{cluster="shop",end="whole"} 1',
    'tcp_bytes_total{cluster="shop",direction="down"} 9',
  ])
    expect(text).toContain(line);
});
