// The control plane, joined: read it from top to bottom, it is the picture.

import {
  Cell,
  type Closable,
  type ConfigPath,
  closeAll,
  fail,
  ok,
  type Result,
  type ServiceName,
  type StartFailure,
  type Watchable,
} from "@fairlead/shared";
import { type AdminState, type ReloadState, readyView } from "./admin/index.js";
import { diffSettings, type ServiceSettings, type Settings } from "./config/index.js";
import { loadZxidFloors, type ZxidFloors } from "./discovery/zookeeper/index.js";
import { newFleet } from "./fleet/index.js";
import { heardToo, joinHealth } from "./join-health.js";
import { Observation, observedViews } from "./observe/index.js";
import { type Lineage, nextLineage, Records } from "./records/index.js";
import { LiveRegistry } from "./registry/index.js";
import { Views } from "./resources/index.js";
import { SeedCheck } from "./seed-check.js";
import { Publisher, readSaved, type ServiceSnapshot, type Snapshot, SnapshotKeeper } from "./snapshot/index.js";
import { Sources } from "./sources.js";
import type { World } from "./world.js";
import type { TlsState, XdsNode } from "./xds/index.js";

export interface ControlPlane extends Closable {
  readonly xdsPort: number;
  readonly adminPort: number;
  readonly admin: AdminState;
  /** Takes new settings; what needs a restart is said and left as it is. */
  reload(next: Settings): void;
  /** Notes why a new configuration was refused; the one in force stays. */
  refuseReload(problems: readonly string[]): void;
}

/** Starts every room, then the two servers. Fails when a port cannot be had. */
export async function startControlPlane(world: World, settings: Settings): Promise<Result<ControlPlane, StartFailure>> {
  const floors = await loadZxidFloors({ clock: world.clock, log: world.log, store: world.stores.zookeeper });
  const rooms = joinRooms(world, { settings, lineage: await lineageOf(world), saved: await savedServices(world), floors });
  const { views, fleet, admin, closables } = rooms;
  const abort = async (path: ConfigPath, reason: string) => {
    await closeAll(closables);
    return fail({ path, reason });
  };
  const viewOf = settings.observe === undefined ? (node: XdsNode) => views.viewOf(node) : observedViews(world.clock.wallMs());
  const serving = { viewOf, observer: fleet.observer, loads: rooms.loads, ready: rooms.ready, identifier: settings.id };
  const xds = await world.serveXds(serving, settings.xds);
  if (!xds.ok) return abort(settings.xds.tls === undefined ? ["xds", "listen"] : ["xds"], xds.error);
  closables.push(xds.value);
  xds.value.tls?.watch((tls) => rooms.xdsTls.set(tls));
  const adminServer = await world.serveAdmin(admin, settings.admin.listen);
  if (!adminServer.ok) return abort(["admin", "listen"], adminServer.error);
  closables.push(adminServer.value);
  return ok({
    xdsPort: xds.value.port,
    adminPort: adminServer.value.port,
    admin,
    reload: rooms.reload,
    refuseReload: rooms.refuseReload,
    close: () => closeAll(closables),
  });
}

interface Beginning {
  readonly settings: Settings;
  readonly lineage: Lineage;
  /** Services of the snapshot that an earlier run saved. */
  readonly saved: ReadonlyMap<ServiceName, ServiceSnapshot>;
  /** How far each ZooKeeper ensemble was seen to be. */
  readonly floors: ZxidFloors;
}

function joinRooms(world: World, { settings, lineage, saved, floors }: Beginning) {
  const { clock, log, metrics } = world;
  let inForce = settings;
  const settingsOf = (service: ServiceName): ServiceSettings => inForce.services.get(service) ?? inForce.defaults;

  const records = new Records(clock);

  const sources = new Sources(world, floors);
  const registry = new LiveRegistry({ clock, log, metrics, confirmations: records.confirmations, remembered: saved });
  const configureRegistry = () => sources.configure(inForce.sources, (list) => registry.configure({ ...inForce, sources: list }));
  configureRegistry();

  const published = (name: ServiceName) => snapshot.value.services.get(name);
  const health = joinHealth(world, { registry, confirmations: records.confirmations, settingsOf, published }, { ...settings, floors });

  const fleet = newFleet({ clock, metrics, log, knows: (service) => published(service as ServiceName) !== undefined });
  const { services, sources: sourceStates } = registry;
  const publishing = {
    services,
    sources: sourceStates,
    verdicts: health.judge.verdicts,
    verdictsNoticedMs: (service: ServiceName) => health.judge.noticedMs(service),
    confirmations: records.confirmations,
    lineage,
    saved,
    usage: fleet,
    bootWaitMs: settings.bootWaitMs,
  };
  const publisher = new Publisher({ clock, log, metrics, ...publishing }, settingsOf);
  const { snapshot } = publisher;
  const keeper = new SnapshotKeeper({ clock, log, metrics, store: world.stores.snapshot, snapshot });
  const views = new Views({ snapshot, log, metrics });
  const observation = observing(world, settings.observe, snapshot);

  const reloadState = new Cell<ReloadState>({ loadedAtMs: clock.wallMs(), refused: undefined, restartNeeded: [] });
  const seeds = new SeedCheck({ clock, log, metrics });
  seeds.configure(inForce);
  const xdsTls = new Cell<TlsState | undefined>(undefined);
  const admin: AdminState = {
    id: settings.id,
    version: world.version,
    startedAtMs: clock.wallMs(),
    clock,
    metrics,
    registry,
    ...health.shown,
    snapshot,
    keeper: keeper.state,
    observation: observation?.state,
    reload: reloadState,
    seeds: seeds.doubts,
    fleet,
    xdsTls,
    views,
    confirm(service, by) {
      log.info("confirmed", { service, ...by });
      // First what the sources doubt: who goes missing by that was confirmed, too.
      sources.confirmed(service);
      return records.confirm(service, by);
    },
  };
  const { ready, watches } = readinessOf(admin);
  return {
    views,
    fleet,
    loads: heardToo(fleet.loadObserver, health.callers),
    ready,
    admin,
    xdsTls,
    closables: [sources, registry, ...health.closables, publisher, keeper, views, observation ?? NOTHING, ...watches] as Closable[],
    reload(next: Settings) {
      const { settings: applied, changed, restartNeeded } = diffSettings(inForce, next);
      inForce = applied;
      configureRegistry();
      health.configure();
      publisher.configure(settingsOf);
      seeds.configure(applied);
      reloadState.set({ loadedAtMs: clock.wallMs(), refused: undefined, restartNeeded });
      log.info("config-reloaded", { changed, restartNeeded });
    },
    refuseReload(problems: readonly string[]) {
      reloadState.set({ ...reloadState.value, refused: { sinceMs: clock.wallMs(), problems } });
      log.error("config-refused", { problems });
    },
  };
}

/** What `/readyz` says, as a value. */
function readinessOf(admin: AdminState): { readonly ready: Watchable<boolean>; readonly watches: readonly Closable[] } {
  const { snapshot, registry } = admin;
  const ready = new Cell(false);
  const look = () => {
    // After bootWait it is ready for good: no change needs to be looked at any more.
    if (!ready.value || !snapshot.value.bootWaitOver) ready.set(readyView(admin).ready);
  };
  return { ready, watches: [snapshot.watch(look), registry.sources.watch(look)] };
}

const NOTHING: Closable = { close: () => undefined };

function observing(world: World, against: string | undefined, snapshot: Watchable<Snapshot>): Observation | undefined {
  if (against === undefined) return undefined;
  const { clock, log, metrics } = world;
  return new Observation({ clock, log, metrics, against, elsewhere: world.servedElsewhere(against), snapshot });
}

async function lineageOf(world: World): Promise<Lineage> {
  const { failure, ...lineage } = await nextLineage(world.stores.lineage, world.uuid(), world.clock.wallMs());
  if (failure !== undefined) world.log.error("lineage-not-saved", { reason: failure });
  return lineage;
}

/** What an earlier run saved; nothing, with the reason logged, when it cannot be trusted. */
async function savedServices({ stores, log }: World): Promise<ReadonlyMap<ServiceName, ServiceSnapshot>> {
  const unreadable = (reason: string): ReadonlyMap<ServiceName, ServiceSnapshot> => {
    log.error("saved-snapshot-unreadable", { reason });
    return new Map();
  };
  const loaded = await stores.snapshot.load();
  if (!loaded.ok) return unreadable(loaded.error);
  if (loaded.value === undefined) return new Map();
  const { payload, savedAtMs, fellBack } = loaded.value;
  const saved = readSaved(payload, savedAtMs);
  if (!saved.ok) return unreadable(saved.error);
  if (fellBack !== undefined) log.warn("saved-snapshot-fell-back", { because: fellBack });
  if (saved.value.dropped.length > 0) log.warn("saved-services-dropped", { reasons: saved.value.dropped });
  return saved.value.services;
}
