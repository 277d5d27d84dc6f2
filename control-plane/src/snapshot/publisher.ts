// The snapshot room at work: gathers changes, builds the services they touch, publishes one immutable snapshot.

import {
  type BucketCounts,
  Cell,
  type Clock,
  type Closable,
  closeAll,
  EMPTY_SET,
  type EndpointId,
  type Keyed,
  LayeredMap,
  type Log,
  type Metrics,
  memberHash,
  type ServiceName,
  type SetHash,
  type Timer,
  versionOfSet,
  type Watchable,
} from "@fairlead/shared";
import type { ServiceSettings } from "../config/index.js";
import type { Verdict } from "../health/index.js";
import type { Confirmations, Lineage } from "../records/index.js";
import type { RegisteredService, SourceStatus } from "../registry/index.js";
import { buildService } from "./build.js";
import { changeHistogram } from "./change-histogram.js";
import { onChange, type Waiting } from "./publish-delay.js";
import { Retirement, type ServiceUsage } from "./retirement.js";
import type { ServiceChange, ServiceSnapshot, Snapshot } from "./snapshot.js";

export interface PublisherDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly services: Keyed<ServiceName, RegisteredService>;
  readonly sources: Watchable<readonly SourceStatus[]>;
  readonly verdicts: Keyed<ServiceName, ReadonlyMap<EndpointId, Verdict>>;
  /** When the results came in of which `verdicts` tell of a service. */
  readonly verdictsNoticedMs?: (service: ServiceName) => number | undefined;
  readonly confirmations: Confirmations;
  readonly lineage: Lineage;
  /** Services of the snapshot that an earlier run saved. */
  readonly saved: ReadonlyMap<ServiceName, ServiceSnapshot>;
  readonly usage: ServiceUsage;
  readonly bootWaitMs: number;
}

/** What stands of the snapshot from one publish to the next, made from the one before at the cost of what changed. */
interface Standing {
  readonly services: LayeredMap<ServiceName, ServiceSnapshot>;
  /** Over all services. */
  readonly hash: SetHash;
  readonly withheld: LayeredMap<ServiceName, Withheld>;
  readonly refused: LayeredMap<ServiceName, string>;
}
type Withheld = Snapshot["withheld"] extends ReadonlyMap<ServiceName, infer T> ? T : never;

/** By name, `undefined` for what is no more. */
interface Changes {
  readonly services: Map<ServiceName, ServiceSnapshot | undefined>;
  readonly withheld: Map<ServiceName, Withheld | undefined>;
  readonly refused: Map<ServiceName, string | undefined>;
}

const NO_HEALTH: ReadonlyMap<EndpointId, Verdict> = new Map();

export class Publisher implements Closable {
  readonly snapshot: Cell<Snapshot>;
  readonly #deps: PublisherDeps;
  #settingsOf: (service: ServiceName) => ServiceSettings;
  #standing: Standing;
  /** What to build again, and when the first event was that may have changed it, on the monotonic clock. */
  readonly #dirty = new Map<ServiceName, number>();
  readonly #changeSeconds: BucketCounts;
  readonly #retirement: Retirement;
  readonly #watches: Closable[];
  readonly #bootTimer: Timer;
  #timer: Timer | undefined;
  #waiting: Waiting | undefined;
  #lastPublishMs: number;
  #revision = 0;
  #bootWaitOver = false;
  /** Once every source has spoken, a service still being read can only be a new one: it holds up no wildcard answer. */
  #wasComplete = false;
  /** Replaced whole when it changes. */
  #unheard: ReadonlySet<ServiceName>;

  constructor(deps: PublisherDeps, settingsOf: (service: ServiceName) => ServiceSettings) {
    this.#deps = deps;
    this.#settingsOf = settingsOf;
    this.#lastPublishMs = Number.NEGATIVE_INFINITY;
    this.#unheard = new Set(deps.saved.keys());
    this.#retirement = new Retirement({ clock: deps.clock, usage: deps.usage, onDue: () => this.#change([]) });
    this.#standing = withServices(NOTHING_STANDS, deps.saved);
    this.snapshot = new Cell<Snapshot>(this.#compose());
    this.#watches = [
      deps.services.watch((all, changed) => this.#change(changed, (name) => all.get(name)?.noticedMs)),
      deps.verdicts.watch((_all, changed) => this.#change(changed, deps.verdictsNoticedMs)),
      deps.sources.watch(() => this.#change([])),
      deps.confirmations.watch((_all, changed) => this.#change(changed)),
    ];
    this.#change(deps.saved.keys());
    this.#bootTimer = deps.clock.schedule(deps.bootWaitMs, () => {
      this.#bootWaitOver = true;
      this.#change([]);
    });
    this.#changeSeconds = changeHistogram(deps.metrics);
    deps.metrics.sampled("counter", { name: "snapshot_publishes_total", help: "Snapshots published" }, () => [
      { labels: {}, value: this.#revision },
    ]);
    deps.metrics.sampled("gauge", { name: "snapshot_services", help: "Services by standing", labels: ["standing"] }, () =>
      this.#standings(),
    );
  }

  /** Takes new settings; every service is built again, and those that come out equal keep their reference. */
  configure(settingsOf: (service: ServiceName) => ServiceSettings): void {
    this.#settingsOf = settingsOf;
    this.#change([...this.#deps.services.value.keys(), ...this.snapshot.value.services.keys()]);
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#bootTimer.cancel();
    this.#retirement.close();
    await closeAll(this.#watches);
  }

  #change(names: Iterable<ServiceName>, noticedMs: (name: ServiceName) => number | undefined = () => undefined): void {
    const nowMs = this.#deps.clock.nowMs();
    for (const name of names) {
      const eventMs = noticedMs(name) ?? nowMs;
      this.#dirty.set(name, Math.min(eventMs, this.#dirty.get(name) ?? eventMs));
    }
    this.#waiting = onChange(this.#waiting, nowMs, this.#lastPublishMs);
    this.#timer ??= this.#schedule(this.#waiting);
  }

  /** A timer that every change set anew would never ring where changes come before timers, as they do on a busy machine. */
  #schedule({ dueMs }: Waiting): Timer {
    return this.#deps.clock.schedule(Math.max(0, dueMs - this.#deps.clock.nowMs()), () => this.#rang());
  }

  #rang(): void {
    this.#timer = undefined;
    if (this.#waiting === undefined) return;
    if (this.#waiting.dueMs > this.#deps.clock.nowMs()) this.#timer = this.#schedule(this.#waiting);
    else this.#publish();
  }

  #publish(): void {
    this.#waiting = undefined;
    const was = this.snapshot.value;
    const changes: Changes = { services: new Map(), withheld: new Map(), refused: new Map() };
    const publishedMs = this.#deps.clock.nowMs();
    for (const [name, eventMs] of this.#dirty) this.#rebuild(name, changes, { eventMs, publishedMs });
    this.#noteHeard();
    this.#dirty.clear();
    for (const [name, service] of changes.services) this.#retirement.note(name, service);
    for (const name of this.#retirement.due(this.#deps.confirmations.value)) changes.services.set(name, undefined);
    const { withheld, refused } = this.#standing;
    const services = withServices(this.#standing, changes.services);
    this.#standing = { ...services, withheld: withheld.with(changes.withheld), refused: refused.with(changes.refused) };
    const next = this.#compose();
    if (sameContent(was, next)) return;
    this.#lastPublishMs = this.#deps.clock.nowMs();
    this.#revision++;
    this.snapshot.set({ ...next, position: this.#position() });
    this.#deps.log.debug("snapshot-published", { version: next.version, services: next.services.size, position: this.#position() });
  }

  #rebuild(name: ServiceName, into: Changes, change: ServiceChange): void {
    const registered = this.#deps.services.value.get(name);
    const previous = this.#standing.services.get(name);
    const nowMs = this.#deps.clock.wallMs();
    into.withheld.set(name, undefined);
    into.refused.set(name, undefined);
    if (registered === undefined || registered.goneSinceMs !== undefined) {
      if (previous !== undefined && registered === undefined) into.services.set(name, this.#retirement.retire(previous, nowMs, change));
      if (registered === undefined || previous === undefined) return;
    }
    if (registered.settled.kind === "waiting" && previous === undefined) {
      const before = this.#standing.withheld.get(name);
      const reason = `waiting for ${registered.settled.sources.join(", ")}`;
      into.withheld.set(name, before?.reason === reason ? before : { reason, sinceMs: before?.sinceMs ?? nowMs });
      return;
    }
    const health = this.#deps.verdicts.value.get(name) ?? NO_HEALTH;
    const built = buildService({ registered, health, settings: this.#settingsOf(name), previous, nowMs, change });
    if (built.ok) {
      into.services.set(name, built.value);
      if (built.value !== previous) this.#changeSeconds.add((change.publishedMs - change.eventMs) / 1_000);
    } else {
      if (this.#standing.refused.get(name) !== built.error) this.#deps.log.warn("service-refused", { service: name, reason: built.error });
      into.refused.set(name, built.error);
    }
  }

  #noteHeard(): void {
    if (this.#unheard.size === 0) return;
    const { services } = this.#deps;
    const heard = [...this.#dirty.keys()].filter((name) => this.#unheard.has(name) && services.value.get(name)?.settled.kind !== "waiting");
    if (heard.length > 0) this.#unheard = new Set([...this.#unheard].filter((name) => !heard.includes(name)));
  }

  #compose(): Snapshot {
    const { services, hash, withheld, refused } = this.#standing;
    const waiting = this.#deps.sources.value.filter(({ listing, feeds }) => feeds && listing.kind === "pending").map(({ name }) => name);
    this.#wasComplete ||= waiting.length === 0 && withheld.size === 0;
    return {
      services,
      withheld,
      refused,
      version: versionOfSet(hash),
      position: this.#position(),
      publishedAtMs: this.#deps.clock.wallMs(),
      complete: waiting.length === 0 && this.#wasComplete ? { kind: "complete" } : { kind: "waiting", sources: waiting },
      bootWaitOver: this.#bootWaitOver,
      unheard: this.#unheard,
    };
  }

  #position(): string {
    return `${this.#deps.lineage.lineage}/${this.#deps.lineage.epoch}/${this.#revision}`;
  }

  #standings(): { labels: Record<string, string>; value: number }[] {
    const { services, withheld, refused } = this.snapshot.value;
    const counts: Record<string, number> = { live: 0, saved: 0, retired: 0, withheld: withheld.size, refused: refused.size };
    for (const { origin } of services.values()) counts[origin.kind] = (counts[origin.kind] ?? 0) + 1;
    return Object.entries(counts).map(([standing, value]) => ({ labels: { standing }, value }));
  }
}

const NOTHING_STANDS: Standing = { services: new LayeredMap(), hash: EMPTY_SET, withheld: new LayeredMap(), refused: new LayeredMap() };

function withServices(standing: Standing, changes: ReadonlyMap<ServiceName, ServiceSnapshot | undefined>): Standing {
  let { hash } = standing;
  for (const [name, service] of changes) {
    const before = standing.services.get(name)?.version;
    if (before === service?.version) continue;
    if (before !== undefined) hash ^= memberHash(name, before);
    if (service !== undefined) hash ^= memberHash(name, service.version);
  }
  return { ...standing, services: standing.services.with(changes), hash };
}

/** By reference: what is the same keeps its reference. */
function sameContent(one: Snapshot, other: Snapshot): boolean {
  return (
    one.services === other.services &&
    one.withheld === other.withheld &&
    one.refused === other.refused &&
    one.unheard === other.unheard &&
    one.bootWaitOver === other.bootWaitOver &&
    JSON.stringify(one.complete) === JSON.stringify(other.complete)
  );
}
