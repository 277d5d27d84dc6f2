// The sidecar, joined: read it from top to bottom, it is the picture.

import { Cell, type Closable, closeAll, fail, ok, type Result, type StartFailure, type Watchable } from "@fairlead/shared";
import { type AdminState, exportMetrics } from "./admin/index.js";
import { newPicker } from "./balancer/index.js";
import { Clusters, verdictAge } from "./clusters/index.js";
import type { Settings } from "./config/index.js";
import { Fallback } from "./fallback/index.js";
import { AccessLog, Edge, type Engine, ForwardPath, LoadShed, SHED_DEFAULTS } from "./forward/index.js";
import { LocalEjection } from "./resilience/index.js";
import type { World } from "./world.js";
import { ClientProtocol, type Connection, LoadReports, type UpstreamLoad } from "./xds/index.js";

export interface Sidecar {
  readonly admin: AdminState;
  readonly adminPort: number;
  /** By service, and `http` for the Host-routed one. */
  readonly ports: ReadonlyMap<string, number>;
  /** Stops accepting, finishes what is running, then closes everything. */
  drain(): Promise<void>;
}

/** Starts every room. What was saved is in force before the first listener opens; nobody else has to be alive. */
export async function startSidecar(world: World, settings: Settings): Promise<Result<Sidecar, StartFailure>> {
  const { clock, rng, log, metrics, version } = world;
  const upstreams = settings.upstreams.map(({ service }) => service);

  const fallback = new Fallback({ store: world.store, nodeId: settings.node.id, clock, log, metrics });
  const requestsTo = (service: string): number =>
    (path.counters.get(service)?.requests ?? 0) + (path.streams.counters.get(service)?.total ?? 0);
  const xds = new ClientProtocol({ node: settings.node, version, upstreams, requestsTo, clock, log, metrics });
  const saved = await fallback.load();
  const dropped = saved === undefined ? [] : xds.restore(saved);
  if (dropped.length > 0) log.warn("saved-resources-dropped", { dropped });
  const keep = xds.state.watch(({ heard, held, position }) => {
    if (heard) fallback.keep({ position, resources: held });
  });

  const loadOf = (service: string): UpstreamLoad => {
    const { endpoints = [], standby = [] } = clusters.table.value.get(service) ?? {};
    return { service, endpoints: [...endpoints, ...standby], dropped: path.counters.get(service)?.dropped ?? 0 };
  };
  const loads = new LoadReports({ node: settings.node, version, loads: () => upstreams.map(loadOf), clock });
  const ads = world.connectAds({ ...settings.controlPlane, protocol: xds, loads });
  const verdicts = new Cell(verdictAge({ stream: { kind: "down", lostAtMs: undefined }, restoredFromMs: saved?.savedAtMs }));
  const ages = ads.connection.watch((connection) =>
    verdicts.set(verdictAge({ stream: streamOf(connection), restoredFromMs: saved?.savedAtMs })),
  );

  const clusters = new Clusters({
    applied: xds.applied,
    verdicts,
    newPicker: (config, { groups, endpoints }, memory) =>
      newPicker({ picking: config.picking, groups }, { rng, ejection: new LocalEjection(config, endpoints), memory }),
    clock,
    log,
  });
  const edge = edgeOf(world, settings);
  const shed = new LoadShed(shedSettings(settings), { probe: world.probe, limits: edge.limits, clock, log });
  const path = new ForwardPath({
    table: () => clusters.table.value,
    routing: { upstreams: new Set(upstreams), hosts: settings.http?.hosts ?? new Map() },
    rng,
    shed,
  });
  const engine = world.newEngine(edge);
  const moves = clusters.table.watch((table) => engine.onTable?.(table));

  const draining = new Cell(false);
  const admin = adminState({ world, settings, upstreams, xds, ads, fallback, clusters, draining, path, engine, edge, shed });
  exportMetrics(admin);
  const rooms: Closable[] = [fallback, xds, keep, ads, ages, moves, clusters, shed];
  shed.start();
  const abort = async (failure: StartFailure) => {
    await engine.drain(0);
    await closeAll(rooms);
    return fail(failure);
  };
  const ports = await listenAll(engine, path, settings);
  if (!ports.ok) return abort(ports.error);
  const adminServer = await world.serveAdmin(admin, settings.admin.listen);
  if (!adminServer.ok) return abort({ path: ["admin", "listen"], reason: adminServer.error });

  return ok({
    admin,
    adminPort: adminServer.value.port,
    ports: ports.value,
    async drain() {
      draining.set(true);
      await engine.drain(settings.drain.timeoutMs);
      await edge.accessLog?.close(LAST_LINES_MS);
      await closeAll([...rooms, adminServer.value]);
    },
  });
}

/** Whoever reads the access log has this long for its last lines. */
const LAST_LINES_MS = 1_000;

function edgeOf({ accessOutput, clock, rng }: World, { accessLog, answerHeader, limits }: Settings): Edge {
  return new Edge({
    accessLog: accessLog.mode === "off" ? undefined : new AccessLog(accessLog, { output: accessOutput, clock, rng }),
    marksAnswers: answerHeader,
    ...(limits.bodyBytes === undefined ? {} : { maxBodyBytes: limits.bodyBytes }),
    ...(limits.connections === undefined ? {} : { maxConnections: limits.connections }),
  });
}

function shedSettings({ shed: { enabled, inFlight, loopDelayMs, heapPercent } }: Settings) {
  return {
    enabled,
    maxInFlight: inFlight ?? SHED_DEFAULTS.maxInFlight,
    maxLoopDelayMs: loopDelayMs ?? SHED_DEFAULTS.maxLoopDelayMs,
    maxHeapShare: heapPercent === undefined ? SHED_DEFAULTS.maxHeapShare : heapPercent / 100,
  };
}

async function listenAll(
  engine: Engine,
  path: ForwardPath,
  { upstreams, http }: Settings,
): Promise<Result<ReadonlyMap<string, number>, StartFailure>> {
  const ports = new Map<string, number>();
  const specs = [
    ...upstreams.flatMap(({ service, listen }, index) =>
      listen === undefined
        ? []
        : [{ key: service, path: ["upstreams", index, "listen"], spec: { ...listen, route: { kind: "service", service } as const } }],
    ),
    ...(http === undefined ? [] : [{ key: "http", path: ["http", "listen"], spec: { ...http.listen, route: { kind: "host" } as const } }]),
  ];
  for (const { key, path: setting, spec } of specs) {
    const listening = await engine.listen(spec, path);
    if (!listening.ok) return fail({ path: setting, reason: listening.error });
    ports.set(key, listening.value.port);
  }
  return ok(ports);
}

function streamOf(connection: Connection) {
  if (connection.kind === "connected") return { kind: "up" } as const;
  const lostAtMs = connection.kind === "disconnected" && connection.wasConnected ? connection.sinceMs : undefined;
  return { kind: "down", lostAtMs } as const;
}

interface AdminParts {
  readonly world: World;
  readonly settings: Settings;
  readonly upstreams: readonly string[];
  readonly xds: ClientProtocol;
  readonly ads: { readonly connection: Watchable<Connection> };
  readonly fallback: Fallback;
  readonly clusters: Clusters;
  readonly draining: Watchable<boolean>;
  readonly path: ForwardPath;
  readonly engine: Engine;
  readonly edge: Edge;
  readonly shed: LoadShed;
}

function adminState({
  world,
  settings,
  upstreams,
  xds,
  ads,
  fallback,
  clusters,
  draining,
  path,
  engine,
  edge,
  shed,
}: AdminParts): AdminState {
  return {
    node: settings.node,
    version: world.version,
    startedAtMs: world.clock.wallMs(),
    upstreams,
    clock: world.clock,
    metrics: world.metrics,
    table: clusters.table,
    xds: xds.state,
    connection: ads.connection,
    fallback: fallback.status,
    draining,
    counters: path.counters,
    replies: path.replies,
    streams: path.streams.counters,
    engine,
    edge,
    shed,
  };
}
