import { type Clock, type EndpointId, KeyedCell, type ServiceName, type Timer } from "@fairlead/shared";
import { COMPLETE, nextReading, partial } from "../reading.js";
import type { Completeness, Endpoint, Quarantined, Reading, ServiceReading } from "../source.js";
import type { PathMembers, PathView } from "./path-members.js";

/** First change at once, then at most one publish per this long: a list that is being read costs its watchers little. */
const QUIET_MS = 10;

export interface ServiceReadingsOptions {
  readonly clock: Clock;
  readonly maxMembers: number;
  readonly onLimit: (service: ServiceName) => void;
}

/** One path that gives members of a service. `order` is its place in the configuration. */
export interface Feed {
  readonly service: ServiceName;
  readonly order: number;
  readonly members: PathMembers;
}

/** What the paths of each service say together, published as readings. */
export class ServiceReadings {
  readonly cell = new KeyedCell<ServiceName, ServiceReading>();
  readonly #options: ServiceReadingsOptions;
  readonly #feeds = new Map<ServiceName, Feed[]>();
  readonly #dirty = new Set<ServiceName>();
  /** When a watch said that a service has changed, as long as nothing was published since. */
  readonly #noticedMs = new Map<ServiceName, number>();
  #timer: Timer | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(options: ServiceReadingsOptions) {
    this.#options = options;
  }

  feedsOf(service: ServiceName): readonly Feed[] {
    return this.#feeds.get(service) ?? [];
  }

  /** Services appear as pending and go at once; a service that keeps another feed stays, and is read anew. */
  change(added: readonly Feed[], removed: readonly Feed[]): void {
    const updates = new Map<ServiceName, ServiceReading | undefined>();
    for (const feed of removed) {
      const rest = this.feedsOf(feed.service).filter((other) => other !== feed);
      if (rest.length > 0) {
        this.#feeds.set(feed.service, rest);
        this.touch(feed.service);
      } else {
        this.#feeds.delete(feed.service);
        this.#dirty.delete(feed.service);
        this.#noticedMs.delete(feed.service);
        updates.set(feed.service, undefined);
      }
    }
    for (const feed of added) {
      const feeds = [...this.feedsOf(feed.service), feed].sort((one, other) => one.order - other.order);
      this.#feeds.set(feed.service, feeds);
      updates.set(feed.service, this.cell.value.get(feed.service) ?? { kind: "pending" });
    }
    this.cell.update(updates);
  }

  /** A watch fired: what will be read of this service has been the case since now. */
  noticed(service: ServiceName): void {
    if (!this.#noticedMs.has(service)) this.#noticedMs.set(service, this.#options.clock.nowMs());
  }

  /** A feed of this service changed: published now if it is whole and nothing was for a while, else soon. */
  touch(service: ServiceName): void {
    if (!this.#feeds.has(service)) return;
    this.#dirty.add(service);
    const sinceMs = this.#options.clock.nowMs() - this.#lastMs;
    if (sinceMs >= QUIET_MS && this.#whole(service)) {
      this.#publish([...this.#dirty].filter((dirty) => this.#whole(dirty)));
      return;
    }
    this.#timer ??= this.#options.clock.schedule(sinceMs >= QUIET_MS ? QUIET_MS : QUIET_MS - sinceMs, () => {
      this.#timer = undefined;
      this.#publish([...this.#dirty]);
    });
  }

  /** Sight is lost: what was seen becomes stale, what was stale stays so since then. */
  lost(sinceMs: number, cause: string): void {
    this.stop();
    this.cell.update([...this.cell.value].map(([service, reading]) => [service, staleOf(reading, sinceMs, cause)] as const));
  }

  /** Nothing is published any more until the next `touch`. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#dirty.clear();
    this.#noticedMs.clear();
  }

  #whole(service: ServiceName): boolean {
    return this.feedsOf(service).every(({ members }) => members.complete);
  }

  #publish(services: readonly ServiceName[]): void {
    for (const service of services) this.#dirty.delete(service);
    this.#lastMs = this.#options.clock.nowMs();
    const next = services.map((service) => [service, this.#next(service)] as const);
    for (const service of services) if (this.#whole(service)) this.#noticedMs.delete(service);
    this.cell.update(next);
  }

  #next(service: ServiceName): ServiceReading | undefined {
    const before = this.cell.value.get(service);
    const views = this.feedsOf(service).map(({ members }) => members.view());
    if (!worthSaying(before, views)) return before;
    const previous = before === undefined || before.kind === "pending" ? undefined : before.reading;
    const reading = this.#merge(service, views, previous);
    const unfinished = views.every(({ progress }) => progress !== "incomplete") && reading.completeness.kind === "partial";
    // What is still being read and has brought nothing new is no news either: after a return the very same reading comes back.
    if (unfinished && reading.endpoints === previous?.endpoints) return before;
    return before?.kind === "seen" && before.reading === reading ? before : this.#seen(service, reading);
  }

  #seen(service: ServiceName, reading: Reading): ServiceReading {
    const noticedMs = this.#noticedMs.get(service);
    return { kind: "seen", reading, ...(noticedMs === undefined ? {} : { noticedMs }) };
  }

  #merge(service: ServiceName, views: readonly PathView[], previous: Reading | undefined): Reading {
    const quarantined: Quarantined[] = [];
    let completeness: Completeness = COMPLETE;
    let zxid = 0n;
    for (const view of views) {
      for (const item of view.quarantined) quarantined.push(item);
      if (completeness.kind === "complete") completeness = view.completeness;
      if (view.zxid > zxid) zxid = view.zxid;
    }
    const { maxMembers, onLimit } = this.#options;
    let kept = endpointsOf(views);
    if (kept.length > maxMembers) {
      onLimit(service);
      completeness = partial(`${kept.length} members, at most ${maxMembers} are kept`);
      kept = kept.slice(0, maxMembers);
    }
    return nextReading(previous, { endpoints: kept, quarantined, completeness, mark: `0x${zxid.toString(16)}` });
  }
}

/** Of paths that give one address the earlier one speaks. Most services have one path, whose members are distinct already. */
function endpointsOf(views: readonly PathView[]): readonly Endpoint[] {
  const [only, ...others] = views;
  if (only !== undefined && others.length === 0) return only.endpoints;
  const endpoints = new Map<EndpointId, Endpoint>();
  for (const view of views) for (const endpoint of view.endpoints) if (!endpoints.has(endpoint.id)) endpoints.set(endpoint.id, endpoint);
  return [...endpoints.values()];
}

/**
 * A first reading waits until every path has answered in full or one of them cannot: three of a hundred members are no news
 * to somebody who knows nothing yet. Later, what arrives is passed on as it comes.
 */
function worthSaying(before: ServiceReading | undefined, views: readonly PathView[]): boolean {
  if (views.some(({ progress }) => progress === "incomplete")) return true;
  const first = before === undefined || before.kind === "pending";
  return first ? views.every(({ progress }) => progress === "complete") : views.some(({ progress }) => progress !== "unread");
}

function staleOf(reading: ServiceReading, sinceMs: number, cause: string): ServiceReading {
  if (reading.kind === "pending") return reading.cause === cause ? reading : { kind: "pending", cause };
  if (reading.kind === "stale" && reading.cause === cause) return reading;
  return { kind: "stale", reading: reading.reading, sinceMs: reading.kind === "stale" ? reading.sinceMs : sinceMs, cause };
}
