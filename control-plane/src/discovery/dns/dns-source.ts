// Names in, readings out. Each question is asked at most once at a time, again before its answer runs out, and a failure
// never empties what an answer said.

import {
  Cell,
  type Clock,
  type Closable,
  KeyedCell,
  type Log,
  type Rng,
  type ServiceName,
  type Timer,
  type Watchable,
} from "@fairlead/shared";
import type { DnsNameSettings, DnsSourceSettings } from "../../config/index.js";
import type { ListingState, Reading, ServiceReading, Source } from "../source.js";
import { Asker } from "./asker.js";
import { wouldLose } from "./belief.js";
import type { DnsMetrics } from "./dns-metrics.js";
import { DueQueue } from "./due-queue.js";
import type { LookupEnd } from "./lookup.js";
import { Outage } from "./outage.js";
import { OutcomeLog } from "./outcome-log.js";
import type { QueryBudget } from "./query-budget.js";
import { type Question, questionText } from "./question.js";
import { ResolverComparison } from "./resolver-comparison.js";
import { ResolverPool } from "./resolver-pool.js";
import { questionsOf, serviceReading } from "./service-reading.js";
import { askAgain, MIN_RETRY_MS, retryInMs } from "./timing.js";
import { TrackedName } from "./tracked-name.js";
import type { DnsTransport } from "./transport.js";
import { WakeTimer } from "./wake-timer.js";

/** Lookups under way at a time, per source: at 200 ms each they carry 2,500 a second. Each may hold a socket. */
const MAX_OUTSTANDING = 512;
/** Configured names are limited to 10,000; this is for the targets of their SRV records, two questions each. */
const MAX_NAMES = 40_000;

export interface DnsSourceDeps {
  readonly settings: DnsSourceSettings;
  /** `ip:port` of the system's nameservers; used when the settings name none. */
  readonly systemResolvers: Watchable<readonly string[]>;
  readonly transport: DnsTransport;
  /** Unpredictable, 0 to 65535 (RFC 5452 section 9.2). */
  readonly nextQueryId: () => number;
  readonly budget: QueryBudget;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
  readonly metrics: DnsMetrics;
}

/** A source of type `dns`. It asks at once; every service of the settings is listed from the start, `pending`. */
export function dnsSource(deps: DnsSourceDeps): Source {
  return new DnsSource(deps);
}

interface Fed {
  readonly names: DnsNameSettings[];
  /** Questions it uses now; each knows the service in turn. */
  uses: Set<TrackedName>;
  /** The last reading in which nothing was amiss. */
  calm: Reading | undefined;
}

class DnsSource implements Source {
  readonly name: string;
  readonly type = "dns" as const;
  /** Which services there are is configuration, and so is known for certain. */
  readonly listing = new Cell<ListingState>({ kind: "seen", completeness: { kind: "complete" }, quarantined: [] });
  readonly services = new KeyedCell<ServiceName, ServiceReading>();
  readonly disturbedUntilMs = new Cell(0);
  readonly #deps: DnsSourceDeps;
  readonly #pool = new ResolverPool();
  readonly #asker: Asker;
  readonly #comparison: ResolverComparison;
  readonly #outcomes: OutcomeLog;
  readonly #outage: Outage;
  readonly #closables: Closable[];
  readonly #names = new Map<string, TrackedName>();
  readonly #feeds = new Map<ServiceName, Fed>();
  readonly #queue = new DueQueue<TrackedName>();
  readonly #dirty = new Set<ServiceName>();
  #publishing: Timer | undefined;
  readonly #waking: WakeTimer;
  #outstanding = 0;
  #closed = false;

  constructor(deps: DnsSourceDeps) {
    const { settings, budget, metrics, systemResolvers, log } = deps;
    this.#deps = deps;
    this.name = settings.name;
    this.#asker = new Asker({ ...deps, source: settings.name, pool: this.#pool });
    this.#comparison = new ResolverComparison(this.#pool, this.#asker, log);
    this.#outcomes = new OutcomeLog(settings.name, { clock: deps.clock, log, metrics });
    this.#outage = new Outage(this.#pool, log);
    this.#waking = new WakeTimer(deps.clock, () => this.#pump());
    metrics.running.set(settings.name, { pool: this.#pool, states: () => [...this.#names.values()].map(({ state }) => state) });
    this.#closables = [budget.claim(settings.queriesPerSecond)];
    if (settings.resolvers.length > 0) this.#pool.use(settings.resolvers);
    else this.#closables.push(systemResolvers.watch((resolvers) => this.#useResolvers(resolvers)));
    this.#readSettings();
    this.#publish(this.#feeds.keys());
    this.#pump();
  }

  refresh(service?: ServiceName): void {
    if (this.#closed) return;
    for (const name of service === undefined ? this.#names.values() : (this.#feeds.get(service)?.uses ?? [])) this.#askNow(name);
    this.#pump();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.clear();
    this.#publishing?.cancel();
    this.#waking.cancel();
    for (const closable of this.#closables) void closable.close();
    const { running } = this.#deps.metrics;
    if (running.get(this.name)?.pool === this.#pool) running.delete(this.name);
  }

  /** What failed with the resolvers of before is asked again at once, and what is being asked of them as soon as they fail too. */
  #useResolvers(resolvers: readonly string[]): void {
    const before = this.#pool.resolvers;
    this.#pool.use(resolvers);
    if (before.join() === resolvers.join()) return;
    for (const name of this.#comparison.forget()) this.#changed(name);
    if (before.length > 0) this.#deps.log.info("dns-resolvers-changed", { source: this.name, before, after: resolvers });
    for (const { asking } of this.#names.values()) if (asking !== undefined) asking.again = true;
    this.#askFailingNow();
    this.#pump();
  }

  #readSettings(): void {
    for (const settings of this.#deps.settings.names) {
      const fed = this.#feeds.get(settings.service);
      if (fed === undefined) this.#feeds.set(settings.service, { names: [settings], uses: new Set(), calm: undefined });
      else fed.names.push(settings);
    }
    for (const [service, fed] of this.#feeds) this.#follow(service, fed);
  }

  /** Asks what the service needs now, and no longer what only it needed: SRV targets come and go. */
  #follow(service: ServiceName, fed: Fed): void {
    const uses = new Set<TrackedName>();
    for (const question of questionsOf({ names: fed.names, stateOf: this.#stateOf })) {
      const name = this.#track(question);
      if (name === undefined) continue;
      name.usedBy.add(service);
      uses.add(name);
    }
    for (const name of fed.uses) if (!uses.has(name)) this.#release(name, service);
    fed.uses = uses;
  }

  readonly #stateOf = (question: Question): TrackedName | undefined => this.#names.get(questionText(question));

  #track(question: Question): TrackedName | undefined {
    const known = this.#stateOf(question);
    if (known !== undefined) return known;
    if (this.#names.size >= MAX_NAMES) {
      this.#deps.metrics.targetsRefused.add(1, { source: this.name });
      return undefined;
    }
    const name = new TrackedName(question);
    this.#names.set(questionText(question), name);
    this.#queue.put(name, this.#deps.clock.nowMs());
    return name;
  }

  #release(name: TrackedName, service: ServiceName): void {
    name.usedBy.delete(service);
    if (name.usedBy.size > 0) return;
    this.#outage.count(name.failing !== undefined, false);
    this.#names.delete(questionText(name.question));
    this.#queue.remove(name);
    this.#comparison.drop(name);
  }

  #askNow(name: TrackedName): void {
    if (name.asking !== undefined) name.asking.again = true;
    else this.#queue.put(name, Math.min(name.dueMs, this.#deps.clock.nowMs()));
  }

  #pump(): void {
    if (this.#closed) return;
    const nowMs = this.#deps.clock.nowMs();
    for (let name = this.#queue.first; name !== undefined && name.dueMs <= nowMs; name = this.#queue.first) {
      if (this.#outstanding >= MAX_OUTSTANDING) return;
      this.#queue.remove(name);
      this.#outstanding += 1;
      void this.#lookUp(name);
    }
    if (this.#queue.first !== undefined) this.#waking.wakeAt(this.#queue.first.dueMs);
  }

  async #lookUp(name: TrackedName): Promise<void> {
    const asking = { again: false };
    name.asking = asking;
    const end = await this.#asker.ask(
      {
        question: name.question,
        resolvers: this.#pool.order(),
        // Nobody answers: one try per name is enough to see when that ends.
        ...(this.#outage.lasts ? { tries: 1 } : {}),
        tcpFirst: name.tcpFirst(this.#deps.clock.nowMs()),
        loses: (data) => wouldLose(name.belief, data),
      },
      name.dueMs,
    );
    this.#outstanding -= 1;
    name.asking = undefined;
    if (this.#closed) return;
    if (this.#names.get(questionText(name.question)) === name) this.#heard(name, end, asking.again);
    if (this.#outage.hasEnded(this.#names.size)) this.#askFailingNow();
    this.#pump();
  }

  #heard(name: TrackedName, end: LookupEnd, again: boolean): void {
    const { clock, rng, settings, metrics } = this.#deps;
    const nowMs = clock.nowMs();
    const wasLate = name.failing === undefined && name.freshUntilMs > 0 && name.freshUntilMs < nowMs;
    this.#outcomes.note(name, end);
    this.#outage.count(name.failing !== undefined, end.answer.kind === "failure");
    if (end.answer.kind === "failure") {
      if (name.fail(end.answer.cause, { nowMs, wallMs: clock.wallMs(), maxStaleMs: settings.maxStaleMs })) this.#changed(name);
      this.#queue.put(name, nowMs + (again ? 0 : retryInMs(name.failures, rng)));
      return;
    }
    if (wasLate) metrics.late.add(1, { source: this.name });
    const first = name.belief === undefined || name.failing !== undefined;
    const changed = name.learn(end, nowMs);
    const next = askAgain(end.answer, { doubted: name.belief?.doubt !== undefined, first }, settings, rng);
    name.freshUntilMs = nowMs + next.freshForMs;
    this.#queue.put(name, nowMs + (again ? 0 : next.inMs));
    if (changed) this.#changed(name);
    this.#comparison.mayCompare(name, nowMs, (disputed) => this.#changed(disputed));
  }

  /** After an outage, the longest expired first; the budget spreads them. */
  #askFailingNow(): void {
    const nowMs = this.#deps.clock.nowMs();
    for (const name of this.#names.values()) {
      if (name.failing === undefined || name.asking !== undefined) continue;
      const earliestMs = name.failedAtMs + MIN_RETRY_MS;
      this.#queue.put(name, Math.min(name.dueMs, earliestMs <= nowMs ? name.freshUntilMs : earliestMs));
    }
  }

  #changed(name: TrackedName): void {
    // A comparison may end after the close.
    if (this.#closed) return;
    for (const service of name.usedBy) this.#dirty.add(service);
    // Many answers of one moment become one change: each change copies the whole map.
    this.#publishing ??= this.#deps.clock.schedule(0, () => this.#publishDirty());
  }

  #publishDirty(): void {
    this.#publishing = undefined;
    const services = [...this.#dirty];
    this.#dirty.clear();
    for (const service of services) {
      const fed = this.#feeds.get(service);
      if (fed?.names.some(({ type }) => type === "SRV") === true) this.#follow(service, fed);
    }
    this.#publish(services);
    this.#pump();
  }

  #publish(services: Iterable<ServiceName>): void {
    const before = this.services.value;
    const next = [...services].map((service) => [service, this.#readingOf(service, before.get(service))] as const);
    // An update copies the map of all services, even one that changes none.
    if (next.some(([service, reading]) => before.get(service) !== reading)) this.services.update(next);
  }

  #readingOf(service: ServiceName, before: ServiceReading | undefined): ServiceReading {
    const fed = this.#feeds.get(service);
    if (fed === undefined) return { kind: "pending" };
    const next = serviceReading({ names: fed.names, stateOf: this.#stateOf, calm: fed.calm }, before);
    if (next.kind === "seen" && next.reading.completeness.kind === "complete" && next.reading.quarantined.length === 0)
      fed.calm = next.reading;
    return next;
  }
}
