// Observe mode: this plane publishes nothing and compares what it would publish with what is served elsewhere, by another
// control plane or as a list in a file.

import {
  Cell,
  type Clock,
  type Closable,
  type EndpointId,
  fail,
  type Log,
  type Metrics,
  type Result,
  type ServiceName,
  type Timer,
  type Watchable,
} from "@fairlead/shared";
import type { Endpoint, ServiceReading } from "../discovery/index.js";
import { type Comparison, compare } from "../registry/index.js";
import type { ServiceSnapshot, Snapshot } from "../snapshot/index.js";

/** What is served of one service elsewhere: the very version that we have, or these endpoints. */
export type Served = { readonly kind: "equal" } | { readonly kind: "endpoints"; readonly endpoints: ReadonlyMap<EndpointId, Endpoint> };

/** Where it is served. `ours` are our versions by service: what has the same needs no reading. */
export interface ServedElsewhere {
  read(ours: ReadonlyMap<ServiceName, string>): Promise<Result<ReadonlyMap<ServiceName, Served>>>;
}

export interface ObservationState {
  /** The other control plane's address, or a path. */
  readonly against: string;
  readonly state: Comparison["state"];
  /** Why nobody knows. */
  readonly because: string | undefined;
  /** Wall time since when the state holds. */
  readonly sinceMs: number;
  readonly comparisons: ReadonlyMap<ServiceName, Comparison>;
}

export interface ObservationDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly against: string;
  readonly elsewhere: ServedElsewhere;
  readonly snapshot: Watchable<Snapshot>;
}

/** A person watches this; what takes longer than a few rounds to agree is a difference. */
const EVERY_MS = 5_000;
/** The first publish of a start is done by then. */
const FIRST_MS = 1_000;

export class Observation implements Closable {
  readonly state: Cell<ObservationState>;
  readonly #deps: ObservationDeps;
  #timer: Timer | undefined;
  #closed = false;

  constructor(deps: ObservationDeps) {
    this.#deps = deps;
    const { against, clock, metrics } = deps;
    const because = "it was not read yet";
    this.state = new Cell<ObservationState>({ against, state: "unknown", because, sinceMs: clock.wallMs(), comparisons: new Map() });
    const spec = {
      name: "observe_services",
      help: "Services that would be published, by how they compare with what is served",
      labels: ["state"],
    };
    metrics.sampled("gauge", spec, () => countsOf(this.state.value));
    this.#timer = clock.schedule(FIRST_MS, () => void this.#look());
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    const { snapshot, elsewhere, clock } = this.#deps;
    const { services: ours, complete } = snapshot.value;
    const served =
      complete.kind === "waiting"
        ? fail(`what would be published is not known: waiting for ${complete.sources.join(", ") || "a first reading of every service"}`)
        : await elsewhere.read(new Map([...ours].map(([name, { version }]) => [name, version] as const)));
    if (this.#closed) return;
    this.#take(ours, served);
    this.#timer = clock.schedule(EVERY_MS, () => void this.#look());
  }

  #take(ours: Snapshot["services"], served: Result<ReadonlyMap<ServiceName, Served>>): void {
    const { clock, log, against } = this.#deps;
    const nowMs = clock.wallMs();
    const was = this.state.value;
    const names = new Set([...ours.keys(), ...(served.ok ? served.value.keys() : was.comparisons.keys())]);
    const comparisons = new Map<ServiceName, Comparison>();
    for (const name of names) {
      const here = membersOf(ours.get(name));
      const there = { source: against, state: readingOf(served, name, here), nameless: true };
      comparisons.set(name, compare(here, there, { before: was.comparisons.get(name), nowMs }));
    }
    const differs = [...comparisons.values()].some(({ state }) => state === "differs");
    const state = served.ok ? (differs ? "differs" : "same") : "unknown";
    const because = served.ok ? undefined : served.error;
    if (was.state !== state) log.info("observed", { against, state, ...(because === undefined ? {} : { because }) });
    this.state.set({ against, state, because, sinceMs: was.state === state ? was.sinceMs : nowMs, comparisons });
  }
}

type Members = ReadonlyMap<EndpointId, Endpoint>;

function membersOf(service: ServiceSnapshot | undefined): Members {
  const members = service?.endpoints ?? [];
  return new Map(
    members.map(({ endpoint, health }) => [endpoint.id, health === "draining" ? { ...endpoint, draining: "draining" } : endpoint]),
  );
}

/** `undefined` where it is not served there at all. */
function readingOf(served: Result<ReadonlyMap<ServiceName, Served>>, name: ServiceName, here: Members): ServiceReading | undefined {
  if (!served.ok) return { kind: "pending", cause: served.error };
  const service = served.value.get(name);
  if (service === undefined) return undefined;
  const endpoints = service.kind === "equal" ? here : service.endpoints;
  return { kind: "seen", reading: { endpoints, quarantined: [], completeness: { kind: "complete" } } };
}

function countsOf({ comparisons }: ObservationState): { labels: { state: string }; value: number }[] {
  const counts = { same: 0, differs: 0, unknown: 0 };
  for (const { state } of comparisons.values()) counts[state]++;
  return Object.entries(counts).map(([state, value]) => ({ labels: { state }, value }));
}
