import { Cell, type Clock, type Log, type Rng, type ServiceName, type Timer } from "@fairlead/shared";
import type { ZooKeeperSourceSettings } from "../../config/index.js";
import { COMPLETE } from "../reading.js";
import type { ListingState, Source, SourceDetail } from "../source.js";
import type { Connect, FloorEnd, SessionState, WatchEvent, ZooKeeperConnection } from "./connection.js";
import { type Decode, decoderOf } from "./decode/decoder.js";
import { Disturbance } from "./disturbance.js";
import { PathMembers } from "./path-members.js";
import { parentAndName, pathPattern } from "./path-pattern.js";
import { type Feed, ServiceReadings } from "./service-readings.js";
import { detailOf } from "./source-detail.js";
import { WatchedReads } from "./watched-reads.js";
import { lostListing, nextListing } from "./wildcard-listing.js";
import { WildcardServices } from "./wildcard-services.js";
import type { ZooKeeperMetrics } from "./zookeeper-metrics.js";
import type { ZxidFloor, ZxidFloors } from "./zxid-floors.js";

export interface ZooKeeperSourceDeps {
  readonly settings: ZooKeeperSourceSettings;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
  readonly metrics: ZooKeeperMetrics;
  readonly floors: ZxidFloors;
  readonly connect: Connect;
}

/** Children of one path are also what one getChildren answer of 1 MB holds (26,000 UUIDs). */
const MAX_MEMBERS = 10_000;
const MAX_SERVICES = 10_000;
/** Watches are one-shot hints and servers have lost some; every so often everything is read again (± 20 %). */
const RESYNC_MS = 300_000;
const RESYNC_SPREAD = 0.2;

/** Follows registrations in ZooKeeper, over one session. */
export const zookeeperSource = (deps: ZooKeeperSourceDeps): Source => new ZooKeeperSource(deps);

class ZooKeeperSource implements Source {
  readonly name: string;
  readonly type = "zookeeper";
  readonly #deps: ZooKeeperSourceDeps;
  readonly #listing = new Cell<ListingState>({ kind: "pending" });
  readonly #readings: ServiceReadings;
  readonly #wildcards: WildcardServices[] = [];
  readonly #wildcardsByParent = new Map<string, WildcardServices[]>();
  readonly #feedsByPath = new Map<string, Feed[]>();
  readonly #connection: ZooKeeperConnection;
  readonly #floor: ZxidFloor;
  /** By an earlier run, or by the source in whose place this one came: then the first session is a return, too. */
  readonly #wasSeenBefore: boolean;
  readonly #disturbance: Disturbance;
  readonly #reads: WatchedReads;
  #session: Extract<SessionState, { readonly kind: "connected" }> | undefined;
  #floorGivenUp: string | undefined;
  #resync: Timer | undefined;
  #stateKind: SessionState["kind"] = "connecting";
  #lostSinceMs: number | undefined;
  #closed = false;

  constructor(deps: ZooKeeperSourceDeps) {
    const { settings, connect } = deps;
    this.#deps = deps;
    this.#readings = new ServiceReadings({ clock: deps.clock, maxMembers: MAX_MEMBERS, onLimit: () => this.#limitHit("members") });
    const { servers, sessionTimeoutMs, name: source } = settings;
    this.name = source;
    this.#disturbance = new Disturbance({
      ...deps,
      sessionTimeoutMs: () => Math.max(sessionTimeoutMs, this.#session?.sessionTimeoutMs ?? 0),
      onBegin: () => deps.metrics.disturbances.add(1, { source }),
    });
    this.#floor = deps.floors.floorOf(source, servers);
    this.#wasSeenBefore = this.#floor.value > 0n;
    this.#connection = connect({
      servers,
      sessionTimeoutMs,
      access: settings,
      floor: this.#floor,
      onWatch: (event) => this.#onWatch(event),
      onLoss: (kind) => deps.metrics.losses.add(1, { source, kind }),
      onFloorGivenUp: (because) => this.#believed(because),
    });
    this.#reads = new WatchedReads(this.#connection, {
      log: deps.log,
      onTrouble: (trouble) => deps.metrics.refusedReads.add(1, { source, trouble }),
    });
    deps.metrics.connections.set(source, this.#connection);
    settings.paths.forEach((_, order) => {
      this.#addPath(order);
    });
    // Without a `*` the configuration itself is the list of services.
    if (this.#wildcards.length === 0) this.#listing.set({ kind: "seen", completeness: COMPLETE, quarantined: [] });
    this.#connection.state.watch((state) => this.#onState(state));
  }

  get disturbedUntilMs(): Cell<number> {
    return this.#disturbance.untilMs;
  }

  get listing(): Cell<ListingState> {
    return this.#listing;
  }

  get services(): ServiceReadings["cell"] {
    return this.#readings.cell;
  }

  /** While there is no connection there is nothing to do: its return reads everything. */
  refresh(service?: ServiceName): void {
    if (this.#closed || this.#connection.state.value.kind !== "connected") return;
    if (service !== undefined && this.#readings.feedsOf(service).length > 0) {
      for (const { members } of this.#readings.feedsOf(service)) members.readEverything();
      return;
    }
    for (const wildcard of this.#wildcards) wildcard.readList();
    for (const { members } of this.#feeds()) members.readEverything();
  }

  detail(): SourceDetail {
    return detailOf({
      connection: this.#connection,
      floor: this.#floor,
      floorGivenUp: this.#floorGivenUp,
      lostSinceMs: this.#lostSinceMs,
    });
  }

  /**
   * Members that are malformed are taken as they are, so that others can leave. Servers that are behind are believed when the service is ours, or when it could be: before the first listing nobody knows
   * which services a `*` stands for.
   */
  confirmed(service: ServiceName): void {
    if (this.#closed) return;
    const feeds = this.#readings.feedsOf(service);
    for (const { members } of feeds) members.confirmed();
    if (feeds.length > 0 || this.#listing.value.kind === "pending") this.#connection.believeServers();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const { connections } = this.#deps.metrics;
    // Its successor of the same name may have come before it goes.
    if (connections.get(this.name) === this.#connection) connections.delete(this.name);
    this.#stopReading();
    this.#disturbance.stop();
    this.#readings.stop();
    await this.#connection.close();
  }

  #addPath(order: number): void {
    const path = this.#deps.settings.paths[order];
    if (path === undefined) return;
    const decode = decoderOf(path);
    const pattern = pathPattern({ ...path, path: `${this.#deps.settings.chroot}${path.path}` });
    if (pattern.kind === "exact") {
      this.#changeFeeds([this.#feed({ service: pattern.service, order, path: pattern.path, decode })], []);
      return;
    }
    const wildcard: WildcardServices = new WildcardServices({
      ...this.#readDeps(),
      pattern,
      maxServices: MAX_SERVICES,
      onServices: (services) => this.#follow(order, decode, services),
      onFailure: () => this.#updateListing(),
      onLimit: () => this.#limitHit("services"),
    });
    this.#wildcards.push(wildcard);
    this.#wildcardsByParent.set(pattern.parent, [...(this.#wildcardsByParent.get(pattern.parent) ?? []), wildcard]);
  }

  /** Makes the feeds of one wildcard what its children are now. New services stand in the map before the listing is complete. */
  #follow(order: number, decode: Decode, services: ReadonlyMap<string, ServiceName>): void {
    const removed = this.#feeds().filter((feed) => feed.order === order && !services.has(feed.members.path));
    const added: Feed[] = [];
    for (const [path, service] of services) {
      const known = (this.#feedsByPath.get(path) ?? []).some((feed) => feed.order === order);
      if (!known) added.push(this.#feed({ service, order, path, decode }));
    }
    this.#changeFeeds(added, removed);
    for (const { members } of added) members.connected(false);
    this.#updateListing();
  }

  #feed({ service, order, path, decode }: { service: ServiceName; order: number; path: string; decode: Decode }): Feed {
    const members = new PathMembers({
      ...this.#readDeps(),
      path,
      decode,
      maxMembers: MAX_MEMBERS,
      onChange: () => this.#readings.touch(service),
      onLimit: () => this.#limitHit("members"),
      onFault: (reason) => this.#fault(service, reason),
    });
    return { service, order, members };
  }

  #changeFeeds(added: readonly Feed[], removed: readonly Feed[]): void {
    for (const feed of removed) {
      feed.members.lost();
      const rest = (this.#feedsByPath.get(feed.members.path) ?? []).filter((other) => other !== feed);
      if (rest.length > 0) this.#feedsByPath.set(feed.members.path, rest);
      else this.#feedsByPath.delete(feed.members.path);
    }
    for (const feed of added) {
      this.#feedsByPath.set(feed.members.path, [...(this.#feedsByPath.get(feed.members.path) ?? []), feed]);
    }
    this.#readings.change(added, removed);
  }

  #onState(state: SessionState): void {
    if (this.#closed) return;
    const { clock, metrics } = this.#deps;
    if (state.kind !== "connecting" && state.kind !== this.#stateKind)
      metrics.sessionChanges.add(1, { source: this.name, state: state.kind });
    this.#stateKind = state.kind;
    if (state.kind === "connected") this.#connected(state);
    else if (state.kind !== "connecting") this.#lost(state.sinceMs, state.cause);
    else if (state.cause !== undefined) this.#lost(this.#lostSinceMs ?? clock.wallMs(), state.cause);
  }

  #connected(session: Extract<SessionState, { readonly kind: "connected" }>): void {
    const before = this.#session;
    this.#session = session;
    // Before anything is read: who is missing may only not be back yet.
    if (before !== undefined || this.#wasSeenBefore) this.#disturbance.begin();
    this.#lostSinceMs = undefined;
    this.#reads.connected();
    const newHistory = before !== undefined && before.history !== session.history;
    for (const wildcard of this.#wildcards) wildcard.connected();
    for (const { members } of this.#feeds()) members.connected(newHistory);
    this.#updateListing();
    this.#scheduleResync();
  }

  #lost(sinceMs: number, cause: string): void {
    this.#lostSinceMs = sinceMs;
    this.#stopReading();
    this.#readings.lost(sinceMs, cause);
    this.#listing.set(lostListing(this.#listing.value, sinceMs, cause));
  }

  #stopReading(): void {
    this.#resync?.cancel();
    for (const wildcard of this.#wildcards) wildcard.lost();
    for (const { members } of this.#feeds()) members.lost();
  }

  #updateListing(): void {
    this.#listing.set(nextListing(this.#listing.value, this.#wildcards));
  }

  #believed(because: FloorEnd): void {
    const { clock, metrics } = this.#deps;
    metrics.floorsGivenUp.add(1, { source: this.name, because });
    this.#floorGivenUp = `${new Date(clock.wallMs()).toISOString()} by ${because}`;
  }

  #scheduleResync(): void {
    const { clock, rng } = this.#deps;
    this.#resync?.cancel();
    this.#resync = clock.schedule(RESYNC_MS * (1 - RESYNC_SPREAD + 2 * RESYNC_SPREAD * rng.next()), () => {
      this.refresh();
      this.#scheduleResync();
    });
  }

  #onWatch({ kind, path }: WatchEvent): void {
    if (this.#closed) return;
    const { parent, name } = parentAndName(path);
    if (kind === "data") {
      for (const { members } of this.#noticed(parent)) members.readMember(name);
      return;
    }
    if (kind === "deleted") for (const { members } of this.#feedsByPath.get(parent) ?? []) members.memberDeleted(name);
    for (const { members } of this.#noticed(path)) members.readList();
    for (const wildcard of this.#wildcardsByParent.get(path) ?? []) wildcard.readList();
  }

  /** The feeds of a path about which a watch has told something. */
  #noticed(path: string): readonly Feed[] {
    const feeds = this.#feedsByPath.get(path) ?? [];
    for (const { service } of feeds) this.#readings.noticed(service);
    return feeds;
  }

  #feeds(): Feed[] {
    return [...this.#feedsByPath.values()].flat();
  }

  #readDeps() {
    return { reads: this.#reads, clock: this.#deps.clock, rng: this.#deps.rng };
  }

  #fault(service: ServiceName, reason: string | undefined): void {
    const { log, metrics } = this.#deps;
    if (reason === undefined) log.info("zookeeper-members-readable", { source: this.name, service });
    else {
      metrics.malformedFaults.add(1, { source: this.name });
      log.warn("zookeeper-members-malformed", { source: this.name, service, reason });
    }
  }

  #limitHit(limit: "members" | "services"): void {
    this.#deps.metrics.limitHits.add(1, { source: this.name, limit });
    this.#deps.log.warn("zookeeper-limit-hit", { source: this.name, limit });
  }
}
