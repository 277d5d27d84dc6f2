// The registry at work: recomputes the services whose inputs changed, keeps the clocks of its holds, keeps references of
// what stayed the same.

import {
  Cell,
  type Clock,
  type Closable,
  closeAll,
  type EndpointId,
  KeyedCell,
  type Log,
  type Metrics,
  type ServiceName,
  type Timer,
} from "@fairlead/shared";
import type { Safety } from "../config/index.js";
import type { Endpoint, Source } from "../discovery/index.js";
import type { Confirmations } from "../records/index.js";
import { holdOn } from "./hold.js";
import { type Merged, merge } from "./merge.js";
import type { Hold, RegisteredEndpoint, RegisteredService, Registry, SourceStatus } from "./registry.js";

/** Evidence that ends a hold at once: whoever refuses is gone, whatever a guard doubts (invariant 3). Implemented by health. */
export interface HoldEvidence {
  refusing(service: ServiceName, endpoint: EndpointId): boolean;
}

/** An endpoint known from before this process started. */
export interface RememberedEndpoint {
  readonly endpoint: Endpoint;
  readonly sources: readonly string[];
  readonly sinceMs: number;
}

export interface RegistryDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly confirmations: Confirmations;
  /** Which services the last saved snapshot had, and who was in them: what the first readings are compared with. */
  readonly remembered: ReadonlyMap<ServiceName, readonly RememberedEndpoint[]>;
}

/** What a reload may change. */
export interface RegistryInputs {
  readonly sources: readonly Source[];
  /** Services the configuration names, whether or not a source has them. */
  readonly configured: ReadonlySet<ServiceName>;
  readonly safetyOf: (service: ServiceName) => Safety;
}

/** Holds end by the wall clock, for people; looked at this often, one that is set back delays nothing much. */
const LOOK_AGAIN_MS = 10_000;

/** Where an endpoint was last given from, and since when it is certainly missing (monotonic ms). */
interface Memory {
  readonly entry: RegisteredEndpoint;
  readonly givenBy: readonly string[];
  readonly missingSinceMs: number | undefined;
}

export class LiveRegistry implements Registry, Closable {
  readonly services = new KeyedCell<ServiceName, RegisteredService>();
  readonly sources = new Cell<readonly SourceStatus[]>([]);
  readonly #deps: RegistryDeps;
  #inputs: RegistryInputs = { sources: [], configured: new Set(), safetyOf: () => "standard" };
  readonly #memories = new Map<ServiceName, Map<EndpointId, Memory>>();
  #evidence: HoldEvidence = { refusing: () => false };
  #watches: Closable[] = [];
  readonly #confirmationWatch: Closable;
  #timer: Timer | undefined;

  constructor(deps: RegistryDeps) {
    this.#deps = deps;
    for (const [service, endpoints] of deps.remembered) {
      this.#memories.set(service, new Map(endpoints.map((known) => [known.endpoint.id, remember(known)])));
    }
    this.#confirmationWatch = deps.confirmations.watch((_all, changed) => this.#recompute(changed));
    deps.metrics.sampled("gauge", { name: "registry_holds", help: "Removals that wait", labels: ["kind"] }, () => this.#holdCounts());
    deps.metrics.sampled("gauge", { name: "registry_endpoints", help: "Endpoints known" }, () => [
      { labels: {}, value: [...this.services.value.values()].reduce((sum, service) => sum + service.endpoints.size, 0) },
    ]);
  }

  /** Takes new sources, names and presets; sources that stay must be the same objects. */
  configure(inputs: RegistryInputs): void {
    for (const watch of this.#watches) void watch.close();
    this.#inputs = inputs;
    const all = () => this.#recompute(this.#everyName());
    let wiring = true;
    this.#watches = inputs.sources.flatMap((source) => [
      source.services.watch((_services, changed) => wiring || this.#recompute(changed)),
      source.listing.watch(() => wiring || all()),
      source.disturbedUntilMs.watch(() => wiring || all()),
    ]);
    wiring = false;
    all();
  }

  /** Connects the receiver's side of health evidence. */
  useEvidence(evidence: HoldEvidence): void {
    this.#evidence = evidence;
  }

  /** Looks again at services about whose endpoints there is new evidence. */
  reconsider(services: ReadonlySet<ServiceName>): void {
    const held = [...services].filter((name) => hasHold(this.services.value.get(name)));
    if (held.length > 0) this.#recompute(held);
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await closeAll([this.#confirmationWatch, ...this.#watches]);
  }

  #everyName(): Set<ServiceName> {
    const names = new Set<ServiceName>([...this.#inputs.configured, ...this.#memories.keys(), ...this.services.value.keys()]);
    for (const source of this.#inputs.sources) for (const name of source.services.value.keys()) names.add(name);
    return names;
  }

  #recompute(names: Iterable<ServiceName>): void {
    this.services.update([...names].map((name) => [name, this.#compute(name)] as const));
    this.sources.set(this.#inputs.sources.map(statusOf));
    this.#scheduleNextHold();
  }

  #compute(name: ServiceName): RegisteredService | undefined {
    const merged = merge(name, this.#inputs.sources);
    const endpoints = this.#endpointsOf(name, merged);
    const gone = !merged.named && merged.certain.size === this.#inputs.sources.length && !this.#inputs.configured.has(name);
    if (gone && endpoints.size === 0) {
      this.#memories.delete(name);
      return undefined;
    }
    const before = this.services.value.get(name);
    const service: RegisteredService = {
      name,
      endpoints,
      contributions: merged.contributions,
      settled: merged.waiting.length === 0 ? { kind: "settled" } : { kind: "waiting", sources: merged.waiting },
      goneSinceMs: gone ? (before?.goneSinceMs ?? this.#deps.clock.wallMs()) : undefined,
    };
    return before !== undefined && sameService(before, service) ? before : service;
  }

  #endpointsOf(name: ServiceName, merged: Merged): ReadonlyMap<EndpointId, RegisteredEndpoint> {
    const memories = this.#memories.get(name) ?? new Map<EndpointId, Memory>();
    const missing = [...memories.values()].filter(
      ({ entry, givenBy }) => !merged.present.has(entry.endpoint.id) && givenBy.every((source) => this.#isCertain(source, merged)),
    );
    const lost = new Set(missing.map(({ entry }) => entry.endpoint.id));
    const staying = merged.present.size + [...memories.keys()].filter((id) => !merged.present.has(id) && !lost.has(id)).length;
    const next = new Map<EndpointId, Memory>();
    for (const [id, { endpoint, sources }] of merged.present) next.set(id, this.#present(endpoint, sources, memories.get(id)));
    for (const memory of memories.values()) {
      const id = memory.entry.endpoint.id;
      if (next.has(id)) continue;
      const kept = lost.has(id) ? this.#lost(name, memory, { staying, missing: lost.size }) : keep(memory);
      if (kept !== undefined) next.set(id, kept);
    }
    if (next.size > 0) this.#memories.set(name, next);
    else this.#memories.delete(name);
    return new Map([...next].map(([id, memory]) => [id, memory.entry]));
  }

  /**
   * A source that is configured no more cannot give anything: its word counts as complete, unless another one has not spoken
   * yet, which may be the same under a new name.
   */
  #isCertain(source: string, merged: Merged): boolean {
    if (merged.certain.has(source)) return true;
    return merged.waiting.length === 0 && !this.#inputs.sources.some(({ name }) => name === source);
  }

  #present(endpoint: Endpoint, sources: readonly string[], before: Memory | undefined): Memory {
    const was = before?.entry;
    const same = was !== undefined && was.endpoint === endpoint && was.hold === undefined && sameList(was.sources, sources);
    const entry = same ? was : { endpoint, sources, sinceMs: was?.sinceMs ?? this.#deps.clock.wallMs(), hold: undefined };
    return { entry, givenBy: sources, missingSinceMs: undefined };
  }

  /** An endpoint that all its sources have certainly lost: held, or, by returning undefined, gone. */
  #lost(service: ServiceName, memory: Memory, counts: { readonly staying: number; readonly missing: number }): Memory | undefined {
    const { clock, confirmations, log } = this.#deps;
    const { endpoint } = memory.entry;
    const missingSinceMs = memory.missingSinceMs ?? clock.nowMs();
    const wallSinceMs = Math.round(clock.wallMs() - (clock.nowMs() - missingSinceMs));
    const hold = holdOn(wallSinceMs, {
      safety: this.#inputs.safetyOf(service),
      nowMs: clock.wallMs(),
      ...counts,
      disturbedUntilMs: this.#disturbedUntilMs(memory.givenBy),
    });
    const ended =
      hold === undefined
        ? "its clock ran out"
        : this.#evidence.refusing(service, endpoint.id)
          ? "it refuses connections"
          : (confirmations.value.get(service)?.atMs ?? 0) >= wallSinceMs
            ? "an operator confirmed it"
            : undefined;
    if (hold === undefined || ended !== undefined) {
      log.info("endpoint-removed", { service, endpoint: endpoint.id, because: ended });
      return undefined;
    }
    if (memory.missingSinceMs === undefined)
      log.info("removal-held", { service, endpoint: endpoint.id, kind: hold.kind, because: hold.because });
    const was = memory.entry;
    const entry = was.sources.length === 0 && sameHold(was.hold, hold) ? was : { ...was, sources: [], hold };
    return { entry, givenBy: memory.givenBy, missingSinceMs };
  }

  #disturbedUntilMs(givenBy: readonly string[]): number {
    const givers = this.#inputs.sources.filter(({ name }) => givenBy.includes(name));
    return Math.max(0, ...givers.map((source) => source.disturbedUntilMs.value));
  }

  #scheduleNextHold(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    let untilMs = Number.POSITIVE_INFINITY;
    for (const service of this.services.value.values()) {
      for (const { hold } of service.endpoints.values()) if (hold !== undefined) untilMs = Math.min(untilMs, hold.untilMs);
    }
    if (untilMs === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.min(LOOK_AGAIN_MS, Math.max(1, untilMs - this.#deps.clock.wallMs()));
    this.#timer = this.#deps.clock.schedule(delayMs, () => {
      this.#recompute([...this.services.value.values()].filter(hasHold).map(({ name }) => name));
    });
  }

  #holdCounts(): { labels: Record<string, string>; value: number }[] {
    const counts: Record<Hold["kind"], number> = { debounce: 0, disturbed: 0, shrink: 0 };
    for (const service of this.services.value.values()) {
      for (const { hold } of service.endpoints.values()) if (hold !== undefined) counts[hold.kind]++;
    }
    return Object.entries(counts).map(([kind, value]) => ({ labels: { kind }, value }));
  }
}

function remember({ endpoint, sources, sinceMs }: RememberedEndpoint): Memory {
  return { entry: { endpoint, sources: [], sinceMs, hold: undefined }, givenBy: sources, missingSinceMs: undefined };
}

/** Not given now, but not certainly lost either: it stays, and whatever clock ran is void. */
function keep(memory: Memory): Memory {
  const was = memory.entry;
  if (was.hold === undefined && was.sources.length === 0) return { ...memory, missingSinceMs: undefined };
  return { entry: { ...was, sources: [], hold: undefined }, givenBy: memory.givenBy, missingSinceMs: undefined };
}

function hasHold(service: RegisteredService | undefined): boolean {
  return service !== undefined && [...service.endpoints.values()].some(({ hold }) => hold !== undefined);
}

function statusOf(source: Source): SourceStatus {
  return {
    name: source.name,
    type: source.type,
    listing: source.listing.value,
    services: source.services.value.size,
    disturbedUntilMs: source.disturbedUntilMs.value,
    detail: source.detail === undefined ? undefined : () => source.detail?.() ?? {},
  };
}

function sameList<T>(one: readonly T[], other: readonly T[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index]);
}

function sameHold(one: Hold | undefined, other: Hold): boolean {
  return one?.kind === other.kind && one.because === other.because && Math.abs(one.untilMs - other.untilMs) < 50;
}

function sameService(one: RegisteredService, other: RegisteredService): boolean {
  if (one.endpoints.size !== other.endpoints.size || one.goneSinceMs !== other.goneSinceMs) return false;
  for (const [id, endpoint] of one.endpoints) if (other.endpoints.get(id) !== endpoint) return false;
  return JSON.stringify([one.settled, one.contributions]) === JSON.stringify([other.settled, other.contributions]);
}
