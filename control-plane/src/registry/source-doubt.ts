// When a source is disturbed: by its own account, or because it lost many endpoints of several services at once.

import type { Clock, ServiceName } from "@fairlead/shared";
import type { Source } from "../discovery/index.js";
import { MASS_CHANGE, MassChange } from "./mass-change.js";
import type { Pass } from "./members.js";
import type { SourceStatus } from "./registry.js";

/** What a source said of itself, on the monotonic clock: a wall clock that is set ends no window and prolongs none. */
interface Said {
  readonly source: Source;
  /** As it was said, in wall time. */
  readonly wallMs: number;
  readonly endMs: number;
  /** Until when its predecessor of the same name was disturbed: a reload makes a source anew and calms nobody. */
  readonly inheritedEndMs: number;
}

/** Endpoints that a source gives, by service and together. */
interface SourceSize {
  readonly source: Source;
  readonly byService: Map<ServiceName, number>;
  total: number;
}

export class SourceDoubt {
  readonly #clock: Clock;
  readonly #changes = new Map<string, MassChange>();
  /** Until when a mass change disturbs the source of that name; monotonic. */
  readonly #massEndMs = new Map<string, number>();
  readonly #said = new Map<string, Said>();
  readonly #sizes = new Map<string, SourceSize>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Mass changes seen in this process. */
  get massChanges(): number {
    return this.#count;
  }

  /** Takes readings that changed: how many endpoints a source gives is kept up, and not counted when somebody leaves. */
  follow(source: Source, changed: Iterable<ServiceName>): void {
    let size = this.#sizes.get(source.name);
    if (size?.source !== source) {
      size = { source, byService: new Map(), total: 0 };
      this.#sizes.set(source.name, size);
    }
    for (const service of changed) {
      const state = source.services.value.get(service);
      const endpoints = state === undefined || state.kind === "pending" ? 0 : state.reading.endpoints.size;
      size.total += endpoints - (size.byService.get(service) ?? 0);
      if (state === undefined) size.byService.delete(service);
      else size.byService.set(service, endpoints);
    }
  }

  /** Takes the departures of one service. Returns the sources that are disturbed by it and were not before. */
  note(service: ServiceName, departures: Pass["departures"], sources: readonly Source[]): readonly string[] {
    if (departures.length === 0) return [];
    const counts = new Map<string, number>();
    for (const { givenBy } of departures) for (const name of givenBy) counts.set(name, (counts.get(name) ?? 0) + 1);
    return sources.filter((source) => this.#disturbs(service, counts.get(source.name) ?? 0, source)).map(({ name }) => name);
  }

  #disturbs(service: ServiceName, endpoints: number, source: Source): boolean {
    if (endpoints === 0) return false;
    const changes = this.#changes.get(source.name) ?? new MassChange();
    this.#changes.set(source.name, changes);
    if (!changes.lost({ service, endpoints, atMs: this.#clock.nowMs() }, () => this.#sizes.get(source.name)?.total ?? 0)) return false;
    const nowMs = this.#clock.nowMs();
    const isNew = (this.#massEndMs.get(source.name) ?? 0) <= nowMs;
    this.#massEndMs.set(source.name, nowMs + MASS_CHANGE.disturbedMs);
    if (isNew) this.#count++;
    return isNew;
  }

  /** Wall time as it is now; 0 when the source is calm. */
  untilMs(source: Source): number {
    const nowMs = this.#clock.nowMs();
    const { endMs, inheritedEndMs } = this.#saidBy(source, nowMs);
    const leftMs = Math.max(endMs, inheritedEndMs, this.#massEndMs.get(source.name) ?? 0) - nowMs;
    return leftMs > 0 ? Math.round(this.#clock.wallMs() + leftMs) : 0;
  }

  #saidBy(source: Source, nowMs: number): Said {
    const wallMs = source.disturbedUntilMs.value;
    const before = this.#said.get(source.name);
    if (before?.source === source && before.wallMs === wallMs) return before;
    const inheritedEndMs =
      before === undefined || before.source === source ? before?.inheritedEndMs : Math.max(before.endMs, before.inheritedEndMs);
    const said = { source, wallMs, endMs: nowMs + wallMs - this.#clock.wallMs(), inheritedEndMs: inheritedEndMs ?? 0 };
    this.#said.set(source.name, said);
    return said;
  }

  /** Forgets sources that are configured no more. */
  keepOnly(sources: readonly Source[]): void {
    const names = new Set(sources.map(({ name }) => name));
    for (const byName of [this.#changes, this.#massEndMs, this.#said, this.#sizes])
      for (const name of [...byName.keys()]) if (!names.has(name)) byName.delete(name);
  }

  status(source: Source, feeds: boolean): SourceStatus {
    return {
      name: source.name,
      type: source.type,
      listing: source.listing.value,
      services: source.services.value.size,
      feeds,
      disturbedUntilMs: this.untilMs(source),
      massChange: (this.#massEndMs.get(source.name) ?? 0) > this.#clock.nowMs(),
      detail: source.detail === undefined ? undefined : () => source.detail?.() ?? {},
    };
  }
}
