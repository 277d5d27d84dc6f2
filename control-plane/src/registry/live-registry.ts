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
import type { MembershipSettings } from "../config/index.js";
import type { Endpoint, ServiceReading, Source } from "../discovery/index.js";
import type { Confirmations } from "../records/index.js";
import { DOUBT_CLOCKS } from "./clocks.js";
import { CollapseRecovery } from "./collapse-recovery.js";
import type { Comparison } from "./comparison.js";
import { Comparisons } from "./comparisons.js";
import { markAfter } from "./confirmed-mark.js";
import { FlapLedger } from "./flap-damping.js";
import { collapses } from "./hold.js";
import { Members, type Pass, type Witness } from "./members.js";
import { contributionOf, feedsOf, type Merged, mergeReadings } from "./merge.js";
import type { ConfirmedMark, RegisteredService, Registry, SourceStatus } from "./registry.js";
import { logPass, measureRegistry } from "./registry-telemetry.js";
import { ShrinkReadings } from "./shrink-readings.js";
import { SourceDoubt } from "./source-doubt.js";

/** What the checks know about an endpoint. Who refuses is gone, whatever a guard doubts (invariant 3). Implemented by health. */
export interface HoldEvidence {
  verdict(service: ServiceName, endpoint: EndpointId): Witness | undefined;
}

/** A service known from before this process started. */
export interface RememberedService {
  readonly endpoints: readonly { readonly endpoint: Endpoint; readonly sources: readonly string[]; readonly sinceMs: number }[];
  readonly confirmed?: ConfirmedMark;
}

export interface RegistryDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly confirmations: Confirmations;
  /** Which services the last saved snapshot had, and who was in them: what the first readings are compared with. */
  readonly remembered: ReadonlyMap<ServiceName, RememberedService>;
}

/** What a reload may change. */
export interface RegistryInputs {
  readonly sources: readonly Source[];
  /** Services the configuration names, whether or not a source has them. */
  readonly services: ReadonlyMap<ServiceName, MembershipSettings>;
  /** For services that only a source names. */
  readonly defaults: MembershipSettings;
}

/** Who is held is looked at this often: a shrunk service's sources are asked again meanwhile. */
const LOOK_AGAIN_MS = 10_000;

/** What is kept of one service between passes. */
interface Known {
  readonly members: Members;
  readonly shrink: ShrinkReadings;
  readonly recovery: CollapseRecovery;
  confirmed: ConfirmedMark | undefined;
  /** When it is looked at again, on the monotonic clock; infinite when nobody is held. */
  lookAgainMs: number;
}

export class LiveRegistry implements Registry, Closable {
  readonly services = new KeyedCell<ServiceName, RegisteredService>();
  readonly sources = new Cell<readonly SourceStatus[]>([]);
  readonly #deps: RegistryDeps;
  #inputs: RegistryInputs = { sources: [], services: new Map(), defaults: { safety: "standard", unlisted: "remove", merge: "union" } };
  /** Sources that some service takes endpoints from. */
  #feeding: ReadonlySet<Source> = new Set();
  readonly #known = new Map<ServiceName, Known>();
  /** Services of which somebody is held. */
  readonly #held = new Set<ServiceName>();
  readonly #flaps = new FlapLedger();
  readonly #doubt: SourceDoubt;
  readonly #comparisons: Comparisons;
  #evidence: HoldEvidence = { verdict: () => undefined };
  #watches: Closable[] = [];
  readonly #confirmationWatch: Closable;
  #timer: Timer | undefined;
  /** Monotonic time at which the timer rings; infinite without one. */
  #ringsAtMs = Number.POSITIVE_INFINITY;

  constructor(deps: RegistryDeps) {
    this.#deps = deps;
    this.#doubt = new SourceDoubt(deps.clock);
    this.#comparisons = new Comparisons(deps.metrics);
    for (const [service, { endpoints, confirmed }] of deps.remembered) {
      this.#known.set(service, newKnown(new Members(endpoints), confirmed));
    }
    this.#confirmationWatch = deps.confirmations.watch((_all, changed) => this.#recompute(changed));
    measureRegistry(deps.metrics, { services: this.services, sources: this.sources, flaps: this.#flaps, doubt: this.#doubt });
  }

  get comparisons(): ReadonlyMap<ServiceName, Comparison> {
    return this.#comparisons.all;
  }

  flapPenalty(service: ServiceName, endpoint: EndpointId): number {
    return this.#flaps.penalty(service, endpoint, this.#deps.clock.nowMs());
  }

  /** Takes new sources, names and settings; sources that stay must be the same objects. */
  configure(inputs: RegistryInputs): void {
    for (const watch of this.#watches) void watch.close();
    this.#inputs = inputs;
    this.#feeding = new Set([inputs.defaults, ...inputs.services.values()].flatMap((settings) => feedsOf(settings, inputs.sources)));
    this.#doubt.keepOnly(inputs.sources);
    const all = () => this.#recompute(this.#everyName());
    let wiring = true;
    this.#watches = inputs.sources.flatMap((source) => [
      source.services.watch((services, changed) => {
        this.#doubt.follow(source, changed);
        if (!wiring) this.#recompute(changed, (name) => noticedMs(services.get(name)));
      }),
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
    const held = [...services].filter((name) => this.#held.has(name));
    if (held.length > 0) this.#recompute(held);
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await closeAll([this.#confirmationWatch, ...this.#watches]);
  }

  #everyName(): Set<ServiceName> {
    const names = new Set<ServiceName>([...this.#inputs.services.keys(), ...this.#known.keys(), ...this.services.value.keys()]);
    for (const source of this.#inputs.sources) for (const name of source.services.value.keys()) names.add(name);
    for (const name of this.#comparisons.all.keys()) names.add(name);
    return names;
  }

  #settingsOf(service: ServiceName): MembershipSettings {
    return this.#inputs.services.get(service) ?? this.#inputs.defaults;
  }

  #recompute(names: Iterable<ServiceName>, noticed: NoticedMs = () => undefined): void {
    const asked: { readonly service: ServiceName; readonly feeds: readonly Source[] }[] = [];
    const disturbed = new Set<string>();
    const compute = (name: ServiceName) => [name, this.#compute(name, { asked, disturbed, noticed })] as const;
    let computed = Array.from(names, compute);
    if (disturbed.size > 0) {
      this.#deps.log.warn("source-lost-many", { sources: [...disturbed] });
      this.services.update(computed);
      for (const [name] of computed) this.#ringBy(name);
      computed = [...this.#held].map(compute);
    }
    this.services.update(computed);
    for (const [name] of computed) this.#ringBy(name);
    this.#tellSources();
    for (const { service, feeds } of asked) for (const source of feeds) source.refresh(service);
  }

  #compute(
    name: ServiceName,
    found: {
      readonly asked: { service: ServiceName; feeds: readonly Source[] }[];
      readonly disturbed: Set<string>;
      readonly noticed: NoticedMs;
    },
  ): RegisteredService | undefined {
    const settings = this.#settingsOf(name);
    const feeds = feedsOf(settings, this.#inputs.sources);
    const merged = mergeReadings(name, feeds, settings.merge);
    const known = this.#known.get(name) ?? newKnown(new Members(), undefined);
    const pass = this.#pass(name, known, { settings, feeds, merged });
    for (const source of this.#doubt.note(name, pass.departures, feeds)) found.disturbed.add(source);
    const collapsing = this.#held.has(name) && collapses(pass.staying, pass.missing);
    if (known.shrink.isDue(collapsing, this.#deps.clock.nowMs(), DOUBT_CLOCKS[settings.safety].shrinkMs))
      found.asked.push({ service: name, feeds });
    const compared = this.#inputs.sources.find((source) => source.name === settings.compare);
    this.#comparisons.look(name, compared, { sights: merged.sights, nowMs: this.#deps.clock.wallMs() });
    return this.#serviceOf(name, known, { merged, compared, noticedMs: found.noticed(name) });
  }

  #pass(
    service: ServiceName,
    known: Known,
    { settings, feeds, merged }: { readonly settings: MembershipSettings; readonly feeds: readonly Source[]; readonly merged: Merged },
  ): Pass {
    const { clock, confirmations, log } = this.#deps;
    const nowMs = clock.nowMs();
    const wallMs = clock.wallMs();
    const { flapHalfLifeMs: halfLifeMs, disturbedMaxMs } = DOUBT_CLOCKS[settings.safety];
    const names = new Set(feeds.map(({ name }) => name));
    const confirmation = confirmations.value.get(service);
    const pass = known.members.pass(merged.sights, {
      safety: settings.safety,
      keepWhileHealthy: settings.unlisted === "keep-while-healthy",
      nowMs,
      wallMs,
      // A source that feeds the service no more cannot give anything: its word counts as complete, unless another one has not
      // spoken yet, which may be the same under a new name.
      isCertain: (source) => merged.certain.has(source) || (merged.waiting.length === 0 && !names.has(source)),
      disturbedUntilMs: (givenBy) =>
        Math.max(0, ...feeds.filter(({ name }) => givenBy.includes(name)).map((source) => this.#doubt.untilMs(source))),
      recoveringUntilMs: (counts) => Math.round(wallMs + known.recovery.untilMs(counts, nowMs, disturbedMaxMs) - nowMs),
      witness: (endpoint) => this.#evidence.verdict(service, endpoint),
      confirmedAtMs: confirmation?.saidAtMs,
      departed: (endpoint) => (halfLifeMs === 0 ? 0 : this.#flaps.departed(service, endpoint, { nowMs, halfLifeMs })),
    });
    const isHeld = pass.firstEndMs !== Number.POSITIVE_INFINITY;
    known.lookAgainMs = isHeld ? Math.min(nowMs + LOOK_AGAIN_MS, nowMs + pass.firstEndMs - wallMs) : Number.POSITIVE_INFINITY;
    if (isHeld) this.#held.add(service);
    else this.#held.delete(service);
    known.confirmed = markAfter(pass, known, { nowMs: wallMs, confirmation });
    logPass(log, service, pass);
    return pass;
  }

  #serviceOf(
    name: ServiceName,
    known: Known,
    found: { readonly merged: Merged; readonly compared: Source | undefined; readonly noticedMs: number | undefined },
  ): RegisteredService | undefined {
    const { merged, compared, noticedMs: seenMs } = found;
    const { entries: endpoints } = known.members;
    const gone = merged.nowhere && !this.#inputs.services.has(name);
    if (gone && endpoints.size === 0) {
      this.#known.delete(name);
      this.#held.delete(name);
      return undefined;
    }
    this.#known.set(name, known);
    const before = this.services.value.get(name);
    const contribution = compared === undefined ? undefined : contributionOf(name, compared, "compared");
    const service: RegisteredService = {
      name,
      endpoints,
      contributions: contribution === undefined ? merged.contributions : [...merged.contributions, contribution],
      settled: merged.waiting.length === 0 ? { kind: "settled" } : { kind: "waiting", sources: merged.waiting },
      goneSinceMs: gone ? (before?.goneSinceMs ?? this.#deps.clock.wallMs()) : undefined,
      confirmed: known.confirmed,
      ...(seenMs === undefined ? {} : { noticedMs: seenMs }),
    };
    return before !== undefined && sameService(before, service) ? before : service;
  }

  #tellSources(): void {
    const next = this.#inputs.sources.map((source) => this.#doubt.status(source, this.#feeding.has(source)));
    const before = this.sources.value;
    const same = next.length === before.length && next.every((status, index) => sameFields(status, before[index]));
    if (!same) this.sources.set(next);
  }

  /** Has the timer ring when the service is to be looked at again, if that is sooner than it would. */
  #ringBy(name: ServiceName): void {
    const dueMs = this.#known.get(name)?.lookAgainMs ?? Number.POSITIVE_INFINITY;
    if (dueMs >= this.#ringsAtMs) return;
    const { clock } = this.#deps;
    this.#timer?.cancel();
    this.#ringsAtMs = dueMs;
    this.#timer = clock.schedule(Math.max(1, dueMs - clock.nowMs()), () => this.#lookAgain());
  }

  /** Looks at the services of which a hold ends now. It may have been put off since the timer was set; then it rings again. */
  #lookAgain(): void {
    this.#ringsAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#deps.clock.nowMs();
    this.#recompute([...this.#held].filter((name) => (this.#known.get(name)?.lookAgainMs ?? nowMs) <= nowMs));
    for (const name of this.#held) this.#ringBy(name);
  }
}

/** When the source noticed what it now says of a service. */
type NoticedMs = (service: ServiceName) => number | undefined;

function noticedMs(reading: ServiceReading | undefined): number | undefined {
  return reading?.kind === "seen" ? reading.noticedMs : undefined;
}

function newKnown(members: Members, confirmed: ConfirmedMark | undefined): Known {
  return { members, shrink: new ShrinkReadings(), recovery: new CollapseRecovery(), confirmed, lookAgainMs: Number.POSITIVE_INFINITY };
}

function sameService(one: RegisteredService, other: RegisteredService): boolean {
  if (one.endpoints !== other.endpoints || one.goneSinceMs !== other.goneSinceMs || one.confirmed !== other.confirmed) return false;
  if (one.contributions.length !== other.contributions.length) return false;
  if (!one.contributions.every((contribution, index) => sameFields(contribution, other.contributions[index]))) return false;
  return JSON.stringify(one.settled) === JSON.stringify(other.settled);
}

/** Field by field; lists by reference, which readings keep while nothing in them changes. */
function sameFields<T extends object>(one: T, other: T | undefined): boolean {
  return other !== undefined && (Object.keys(one) as (keyof T)[]).every((key) => one[key] === other[key]);
}
