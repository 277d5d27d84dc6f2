// State → what the admin port shows. Pure.

import { RESOURCE_TYPES } from "@fairlead/proto";
import type { Clock } from "@fairlead/shared";
import type { ActiveCluster } from "../clusters/index.js";
import type { EndpointState } from "../endpoint/index.js";
import { type ClusterCounters, STATUS_CLASSES, STREAM_ENDS, type StreamCounters } from "../forward/index.js";
import { type HeldResource, readinessOf } from "../xds/index.js";
import type { AdminState } from "./state.js";

/** `/ready`: every upstream has an applied cluster and assignment, live or from disk; says which and how old, and why the control plane is not connected. */
export function readyView(state: AdminState) {
  const nowMs = state.clock.wallMs();
  const upstreams = readinessOf(state.upstreams, state.xds.value.held).map((readiness) =>
    readiness.kind === "ready"
      ? {
          service: readiness.service,
          ready: true,
          origin: readiness.assignment.kind,
          ageSeconds: ageSeconds(readiness.assignment.atMs, nowMs),
        }
      : { service: readiness.service, ready: false, missing: readiness.missing },
  );
  const draining = state.draining.value;
  return { ready: !draining && upstreams.every(({ ready }) => ready), draining, controlPlane: connectionView(state), upstreams };
}

/** `/clusters`: what every upstream is now, and what this sidecar has learnt of its endpoints. */
export function clustersView(state: AdminState) {
  const { held, issues } = state.xds.value;
  return {
    node: state.node,
    controlPlane: connectionView(state),
    fallback: fallbackView(state),
    shed: state.shed.view(),
    listeners: Object.fromEntries([...state.edge.listeners].map(([name, counts]) => [name, { ...counts }])),
    clusters: state.upstreams.map((service) => {
      const cluster = state.table.value.get(service);
      return {
        service,
        ready: cluster !== undefined,
        origin: originOf(held, service),
        versions: versionsOf(held, service),
        ...(cluster === undefined
          ? {}
          : {
              mode: cluster.candidates.mode,
              priority: cluster.candidates.priority,
              policy: cluster.config.picking.policy,
              verdictsExpired: cluster.verdictsExpired,
            }),
        traffic: trafficView(state.counters.get(service)),
        ...(cluster?.config.protocol === "tcp" ? { streams: streamsView(state.streams.get(service)) } : {}),
        ...leavingView(state, service),
        endpoints: cluster === undefined ? [] : endpointsView(cluster.endpoints, cluster, state.clock),
        ...(cluster === undefined || cluster.standby.length === 0 ? {} : { standby: standbyView(cluster, state) }),
        issues: issues.filter(({ name }) => name === service),
      };
    }),
  };
}

/** `/config_dump`: the resources in force, as they were received. */
export function configDump(state: AdminState) {
  const { held, position } = state.xds.value;
  return {
    position,
    resources: held.map(({ typeUrl, name, version, origin, withdrawn, value }) => ({
      typeUrl,
      name,
      version,
      origin: origin.kind,
      at: iso(origin.atMs),
      withdrawn,
      bytes: value.byteLength,
      value: value.toString("base64"),
    })),
  };
}

/** What was counted of a service's requests, for people; /metrics has all of it. */
function trafficView(counters: ClusterCounters | undefined) {
  if (counters === undefined) return {};
  const { requests, retries, retriesDenied, hedges, hedgesWon, hedgesDenied, limits, connectFailures, bytesIn, bytesOut } = counters;
  const { connectionsOpen: open, connectionsIdle: idle, connectionsOpened: opened } = counters;
  const classes = Object.fromEntries(STATUS_CLASSES.map((name, index) => [name, counters.finished[index] ?? 0]));
  return {
    inFlight: limits.inFlight,
    requests,
    classes,
    retries,
    retriesDenied,
    hedges: { begun: hedges, won: hedgesWon, denied: hedgesDenied },
    queued: counters.queued,
    connections: { open, idle, opened, failed: connectFailures },
    bytesIn,
    bytesOut,
  };
}

function streamsView(counters: StreamCounters | undefined) {
  if (counters === undefined) return {};
  const { open, ended, bytesUp, bytesDown, retries } = counters;
  return { open, ended: Object.fromEntries(STREAM_ENDS.map((how, index) => [how, ended[index] ?? 0])), bytesUp, bytesDown, retries };
}

/** Endpoints that connections are leaving, why, and how long that may take; POST /leave/{service} ends it. */
function leavingView({ engine, clock }: AdminState, service: string) {
  const leaving = (engine.leaving ?? []).filter((one) => one.service === service);
  if (leaving.length === 0) return {};
  const nowMs = clock.nowMs();
  return {
    leaving: leaving.map(({ id, because, connections, untilMs }) => ({
      ...{ id, because, connections, forSeconds: Math.max(0, Math.round((untilMs - nowMs) / 100) / 10) },
    })),
  };
}

function connectionView({ connection, clock }: AdminState) {
  const { value } = connection;
  const since = { since: iso(value.sinceMs), forSeconds: ageSeconds(value.sinceMs, clock.wallMs()) };
  if (value.kind === "disconnected") return { state: value.kind, cause: value.cause, failures: value.failures, ...since };
  return { state: value.kind, address: value.address, ...since };
}

function fallbackView({ fallback }: AdminState) {
  const { origin, savedAtMs, fellBack, loadFailure, saveFailure } = fallback.value;
  return {
    origin,
    ...(savedAtMs === undefined ? {} : { savedAt: iso(savedAtMs) }),
    ...(fellBack === undefined ? {} : { fellBack }),
    ...(loadFailure === undefined ? {} : { loadFailure }),
    ...(saveFailure === undefined ? {} : { saveFailure: { cause: saveFailure.cause, since: iso(saveFailure.sinceMs) } }),
  };
}

/** Who stands by, why, until when, and how that ends before. */
function standbyView(cluster: ActiveCluster, { clock }: AdminState) {
  const leftMs = Math.max(...cluster.standby.map(({ standbyUntilMs }) => standbyUntilMs)) - clock.nowMs();
  return {
    because: `the assignment left ${cluster.endpoints.length} of ${cluster.endpoints.length + cluster.standby.length} endpoints; confirm the service at the control plane if that is meant`,
    until: iso(clock.wallMs() + leftMs),
    endpoints: endpointsView(cluster.standby, cluster, clock),
  };
}

function endpointsView(endpoints: readonly EndpointState[], cluster: ActiveCluster, clock: Clock) {
  const nowMs = clock.nowMs();
  return endpoints.map((state) => ({
    id: state.endpoint.id as string,
    zone: state.endpoint.zone,
    priority: state.endpoint.priority,
    weight: state.endpoint.weight,
    health: healthOf(state, cluster),
    ejected: state.ejectedUntilMs > nowMs,
    ...(state.ejectedUntilMs === 0 ? {} : { ejection: ejectionView(state, clock) }),
    inFlight: state.inFlight,
    requests: state.successes + state.failures + state.connectFailuresTotal + state.cancelled,
    successes: state.successes,
    failures: state.failures,
    connectFailures: state.connectFailuresTotal,
  }));
}

/** Why it is passed over here, and until when; `half-open` after it, until a probe is answered. */
function ejectionView({ ejectedBecause: because, ejectedUntilMs, ejections }: EndpointState, clock: Clock) {
  const leftMs = ejectedUntilMs - clock.nowMs();
  return { because, state: leftMs > 0 ? "out" : "half-open", until: iso(clock.wallMs() + leftMs), inRow: ejections };
}

/** A verdict that has expired is shown as what it now counts as. */
function healthOf({ endpoint }: EndpointState, { verdictsExpired }: ActiveCluster): string {
  return verdictsExpired && endpoint.health === "unhealthy" ? "unknown" : endpoint.health;
}

function originOf(held: readonly HeldResource[], service: string): "live" | "disk" | "none" {
  return held.find(({ typeUrl, name }) => typeUrl === RESOURCE_TYPES.assignment && name === service)?.origin.kind ?? "none";
}

function versionsOf(held: readonly HeldResource[], service: string): Readonly<Record<string, string>> {
  const versions: Record<string, string> = {};
  for (const [type, url] of Object.entries(RESOURCE_TYPES)) {
    const resource = held.find(({ typeUrl, name }) => typeUrl === url && name === service);
    if (resource !== undefined) versions[type] = resource.version;
  }
  return versions;
}

function iso(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

function ageSeconds(sinceMs: number, nowMs: number): number {
  return Math.max(0, Math.round((nowMs - sinceMs) / 100) / 10);
}
