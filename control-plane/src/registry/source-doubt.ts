// When a source is disturbed: by its own account, or because it lost many endpoints of several services at once.

import type { Clock, ServiceName } from "@fairlead/shared";
import type { Source } from "../discovery/index.js";
import { MASS_CHANGE, MassChange } from "./mass-change.js";
import type { Pass } from "./members.js";
import type { SourceStatus } from "./registry.js";

export class SourceDoubt {
  readonly #clock: Clock;
  readonly #changes = new Map<string, MassChange>();
  /** Wall time until which a mass change disturbs the source of that name. */
  readonly #massUntilMs = new Map<string, number>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Mass changes seen in this process. */
  get massChanges(): number {
    return this.#count;
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
    if (!changes.lost({ service, endpoints, atMs: this.#clock.nowMs() }, () => sizeOf(source))) return false;
    const wallMs = this.#clock.wallMs();
    const isNew = (this.#massUntilMs.get(source.name) ?? 0) <= wallMs;
    this.#massUntilMs.set(source.name, wallMs + MASS_CHANGE.disturbedMs);
    if (isNew) this.#count++;
    return isNew;
  }

  /** Wall time; 0 when it is calm and always was. */
  untilMs({ name, disturbedUntilMs }: Source): number {
    return Math.max(disturbedUntilMs.value, this.#massUntilMs.get(name) ?? 0);
  }

  /** Forgets sources that are configured no more. */
  keepOnly(sources: readonly Source[]): void {
    const names = new Set(sources.map(({ name }) => name));
    for (const name of [...this.#changes.keys()]) if (!names.has(name)) this.#changes.delete(name);
    for (const name of [...this.#massUntilMs.keys()]) if (!names.has(name)) this.#massUntilMs.delete(name);
  }

  status(source: Source, feeds: boolean): SourceStatus {
    return {
      name: source.name,
      type: source.type,
      listing: source.listing.value,
      services: source.services.value.size,
      feeds,
      disturbedUntilMs: this.untilMs(source),
      massChange: (this.#massUntilMs.get(source.name) ?? 0) > this.#clock.wallMs(),
      detail: source.detail === undefined ? undefined : () => source.detail?.() ?? {},
    };
  }
}

function sizeOf(source: Source): number {
  let endpoints = 0;
  for (const state of source.services.value.values()) endpoints += state.kind === "pending" ? 0 : state.reading.endpoints.size;
  return endpoints;
}
