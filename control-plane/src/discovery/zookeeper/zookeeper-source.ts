import { Cell, type Clock, type Log, type Rng, type ServiceName, type Timer } from "@fairlead/shared";
import type { ZooKeeperSourceSettings } from "../../config/index.js";
import { COMPLETE, sameCompleteness, sameQuarantined } from "../reading.js";
import type { Completeness, ListingState, Quarantined, Source, SourceDetail } from "../source.js";
import type { Connect, FloorEnd, ReadLoad, SessionState, WatchEvent, ZooKeeperConnection } from "./connection.js";
import { type Decode, decoderOf } from "./decode/decoder.js";
import { MassChange } from "./mass-change.js";
import { PathMembers } from "./path-members.js";
import { parentAndName, pathPattern } from "./path-pattern.js";
import { type Feed, ServiceReadings } from "./service-readings.js";
import { WildcardServices } from "./wildcard-services.js";
import type { ZooKeeperMetrics } from "./zookeeper-metrics.js";
import { hexOf, type ZxidFloor, type ZxidFloors } from "./zxid-floors.js";

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
/** After a return, whoever else was cut off needs its own session time-out to register again. */
const MAX_DISTURBED_MS = 90_000;

/** Follows registrations in ZooKeeper, over one session. */
export function zookeeperSource(deps: ZooKeeperSourceDeps): Source {
  return new ZooKeeperSource(deps);
}

class ZooKeeperSource implements Source {
  readonly name: string;
  readonly type = "zookeeper";
  readonly disturbedUntilMs = new Cell(0);
  readonly #deps: ZooKeeperSourceDeps;
  readonly #listing = new Cell<ListingState>({ kind: "pending" });
  readonly #readings: ServiceReadings;
  readonly #wildcards: WildcardServices[] = [];
  readonly #wildcardsByParent = new Map<string, WildcardServices[]>();
  readonly #feedsByPath = new Map<string, Feed[]>();
  readonly #connection: ZooKeeperConnection;
  readonly #floor: ZxidFloor;
  readonly #massChange: MassChange;
  #session: Extract<SessionState, { readonly kind: "connected" }> | undefined;
  #floorGivenUp: string | undefined;
  #resync: Timer | undefined;
  #calm: Timer | undefined;
  readonly #load: () => ReadLoad;
  #closed = false;

  constructor(deps: ZooKeeperSourceDeps) {
    const { settings, connect } = deps;
    this.name = settings.name;
    this.#deps = deps;
    this.#readings = new ServiceReadings({
      clock: deps.clock,
      maxMembers: MAX_MEMBERS,
      onLimit: () => this.#limitHit("members"),
      onLeaving: (count, total) => this.#leaving(count, total),
    });
    this.#massChange = new MassChange(deps.clock);
    const { servers, sessionTimeoutMs, auth, tls } = settings;
    this.#floor = deps.floors.floorOf(settings.name, servers);
    const source = settings.name;
    this.#connection = connect({
      servers,
      sessionTimeoutMs,
      ...(auth === undefined ? {} : { auth }),
      ...(tls === undefined ? {} : { tls }),
      floor: this.#floor,
      onWatch: (event) => this.#onWatch(event),
      onLoss: (kind) => deps.metrics.losses.add(1, { source, kind }),
      onFloorGivenUp: (because) => this.#believed(because),
    });
    this.#load = () => this.#connection.load;
    deps.metrics.loads.set(source, this.#load);
    settings.paths.forEach((_, order) => {
      this.#addPath(order);
    });
    // Without a `*` the configuration itself is the list of services.
    if (this.#wildcards.length === 0) this.#listing.set({ kind: "seen", completeness: COMPLETE, quarantined: [] });
    this.#connection.state.watch((state) => this.#onState(state));
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

  /** What only people want to know. */
  detail(): SourceDetail {
    const { value: state } = this.#connection.state;
    const { outstanding, waiting } = this.#connection.load;
    return {
      session: state.kind,
      ...(state.kind === "connected"
        ? { server: state.server, sessionId: `0x${state.sessionId}`, sessionTimeoutMs: state.sessionTimeoutMs }
        : {}),
      zxidFloor: hexOf(this.#floor.value),
      ...(this.#floorGivenUp === undefined ? {} : { floorGivenUp: this.#floorGivenUp }),
      outstandingReads: outstanding,
      waitingReads: waiting,
    };
  }

  /**
   * Servers that are behind are believed when the service is ours, or when it could be: before the first listing nobody knows
   * which services a `*` stands for.
   */
  confirmed(service: ServiceName): void {
    if (this.#closed) return;
    const ours = this.#readings.feedsOf(service).length > 0;
    if (ours || this.#listing.value.kind === "pending") this.#connection.believeServers();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const { loads } = this.#deps.metrics;
    // Its successor of the same name may have come before it goes.
    if (loads.get(this.name) === this.#load) loads.delete(this.name);
    this.#stopReading();
    this.#calm?.cancel();
    this.#readings.stop();
    await this.#connection.close();
  }

  #addPath(order: number): void {
    const path = this.#deps.settings.paths[order];
    if (path === undefined) return;
    const decode = decoderOf(path.format, path.port);
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
    if (state.kind !== "connecting") this.#deps.metrics.sessionChanges.add(1, { source: this.name, state: state.kind });
    switch (state.kind) {
      case "connecting":
        this.#neverConnected(state.cause);
        return;
      case "connected":
        this.#connected(state);
        return;
      case "disconnected":
      case "expired":
        this.#lost(state.sinceMs, state.cause);
        return;
    }
  }

  #neverConnected(cause: string | undefined): void {
    if (cause === undefined) return;
    const listing = this.#listing.value;
    this.#readings.lost(this.#deps.clock.wallMs(), cause);
    if (listing.kind === "pending") this.#listing.set({ kind: "pending", cause });
    else this.#staleListing(this.#deps.clock.wallMs(), cause);
  }

  #connected(session: Extract<SessionState, { readonly kind: "connected" }>): void {
    const before = this.#session;
    this.#session = session;
    // Before anything is read: what is missing may only not be back yet.
    if (before !== undefined) this.#disturbed("session");
    const newHistory = before !== undefined && before.history !== session.history;
    for (const wildcard of this.#wildcards) wildcard.connected();
    for (const { members } of this.#feeds()) members.connected(newHistory);
    this.#updateListing();
    this.#scheduleResync();
  }

  #lost(sinceMs: number, cause: string): void {
    this.#stopReading();
    this.#readings.lost(sinceMs, cause);
    if (this.#listing.value.kind !== "pending") this.#staleListing(sinceMs, cause);
  }

  #stopReading(): void {
    this.#resync?.cancel();
    for (const wildcard of this.#wildcards) wildcard.lost();
    for (const { members } of this.#feeds()) members.lost();
  }

  #staleListing(sinceMs: number, cause: string): void {
    const listing = this.#listing.value;
    const since = listing.kind === "stale" ? listing.sinceMs : sinceMs;
    this.#listing.set({ kind: "stale", sinceMs: since, cause, quarantined: listing.kind === "pending" ? [] : listing.quarantined });
  }

  /** The listing is seen once every wildcard was read on this connection. */
  #updateListing(): void {
    let completeness: Completeness = COMPLETE;
    const quarantined: Quarantined[] = [];
    for (const wildcard of this.#wildcards) {
      if (wildcard.completeness === undefined) return;
      if (completeness.kind === "complete") completeness = wildcard.completeness;
      quarantined.push(...wildcard.quarantined);
    }
    const before = this.#listing.value;
    const previous = before.kind === "pending" ? undefined : before.quarantined;
    const same = sameQuarantined(previous, quarantined);
    if (before.kind === "seen" && same === previous && sameCompleteness(before.completeness, completeness)) return;
    this.#listing.set({ kind: "seen", completeness, quarantined: same });
  }

  /** Called before the reading without them is published. */
  #leaving(count: number, total: number): void {
    if (this.#massChange.left(count, total)) this.#disturbed("mass-change");
  }

  #believed(because: FloorEnd): void {
    const { clock, metrics } = this.#deps;
    metrics.floorsGivenUp.add(1, { source: this.name, because });
    this.#floorGivenUp = `${new Date(clock.wallMs()).toISOString()} by ${because}`;
  }

  #disturbed(because: "session" | "mass-change"): void {
    const { clock, settings, metrics, log } = this.#deps;
    const sessionTimeoutMs = Math.max(settings.sessionTimeoutMs, this.#session?.sessionTimeoutMs ?? 0);
    const holdMs = Math.min(MAX_DISTURBED_MS, 2 * sessionTimeoutMs);
    const calm = this.disturbedUntilMs.value <= clock.wallMs();
    if (calm) metrics.disturbances.add(1, { source: this.name, because });
    if (calm) log.warn("zookeeper-disturbed", { because, holdMs });
    this.#calm?.cancel();
    this.disturbedUntilMs.set(clock.wallMs() + holdMs);
    this.#calm = clock.schedule(holdMs, () => this.disturbedUntilMs.set(0));
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
      for (const { members } of this.#feedsByPath.get(parent) ?? []) members.readMember(name);
      return;
    }
    if (kind === "deleted") for (const { members } of this.#feedsByPath.get(parent) ?? []) members.memberDeleted(name);
    for (const { members } of this.#feedsByPath.get(path) ?? []) members.readList();
    for (const wildcard of this.#wildcardsByParent.get(path) ?? []) wildcard.readList();
  }

  #feeds(): Feed[] {
    return [...this.#feedsByPath.values()].flat();
  }

  #readDeps() {
    return { reads: this.#connection, clock: this.#deps.clock, rng: this.#deps.rng };
  }

  #limitHit(limit: "members" | "services"): void {
    this.#deps.metrics.limitHits.add(1, { source: this.name, limit });
    this.#deps.log.warn("zookeeper-limit-hit", { source: this.name, limit });
  }
}
