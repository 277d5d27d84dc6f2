// Names in, readings out. Each question is asked at most once at a time, again when its answer runs out, and a failure
// never empties what an answer said.

import {
  Cell,
  type Clock,
  type CounterMetric,
  KeyedCell,
  type Log,
  type Metrics,
  type Rng,
  type ServiceName,
  type Timer,
} from "@fairlead/shared";
import type { DnsSourceSettings } from "../../config/index.js";
import type { ListingState, ServiceReading, Source } from "../source.js";
import { type AddressSet, addressSetOf } from "./address-set.js";
import { Lookup, TRY_TIMEOUT_MS } from "./lookup.js";
import type { DnsAnswer } from "./message.js";
import { type Question, questionOf, questionText } from "./question.js";
import { serviceReading } from "./service-reading.js";
import { nextAskInMs } from "./timing.js";
import type { DnsTransport } from "./transport.js";

/**
 * Lookups under way at a time, per source. At a few milliseconds each it carries 10,000 names within their TTL, and it is
 * all that a resolver which comes back meets at once.
 */
const MAX_OUTSTANDING = 100;

export interface DnsSourceDeps {
  readonly settings: DnsSourceSettings;
  /** `ip:port` of the system's nameservers; used when the settings name none. */
  readonly systemResolvers: readonly string[];
  readonly transport: DnsTransport;
  /** Unpredictable, 0 to 65535 (RFC 5452 section 9.2). */
  readonly nextQueryId: () => number;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
  readonly metrics: DnsMetrics;
}

/** Made once per process: several DNS sources, and those a reload makes, count into the same series. */
export interface DnsMetrics {
  readonly lookups: CounterMetric;
}

export function newDnsMetrics(metrics: Metrics): DnsMetrics {
  return {
    lookups: metrics.counter({
      name: "dns_lookups_total",
      help: "DNS lookups by how they ended: records, truncated, no-data, no-name, failure.",
      labels: ["source", "outcome"],
    }),
  };
}

/** A source of type `dns`. It asks at once; every service of the settings is listed from the start, `pending`. */
export function dnsSource(deps: DnsSourceDeps): Source {
  return new DnsSource(deps);
}

/** One question and all that is known about it. */
interface Name {
  readonly question: Question;
  readonly usedBy: Set<ServiceName>;
  set: AddressSet | undefined;
  failing: { readonly sinceMs: number; readonly cause: string } | undefined;
  /** In a row. */
  failures: number;
  outcome: DnsAnswer["kind"] | undefined;
  /** `asking.again`: somebody wants an answer younger than the one that is on its way. */
  phase: { readonly kind: "waiting"; readonly timer: Timer } | { readonly kind: "queued" } | { readonly kind: "asking"; again: boolean };
}

class DnsSource implements Source {
  readonly name: string;
  readonly type = "dns" as const;
  /** Which services there are is configuration, and so is known for certain. */
  readonly listing = new Cell<ListingState>({ kind: "seen", completeness: { kind: "complete" }, quarantined: [] });
  readonly services = new KeyedCell<ServiceName, ServiceReading>();
  readonly disturbedUntilMs = new Cell(0);
  readonly #deps: DnsSourceDeps;
  readonly #resolvers: readonly string[];
  readonly #names = new Map<string, Name>();
  readonly #feeds = new Map<ServiceName, { readonly state: Name; readonly port: number }[]>();
  /** Each name stands in it at most once. */
  readonly #queue: Name[] = [];
  readonly #dirty = new Set<ServiceName>();
  #publishing: Timer | undefined;
  #outstanding = 0;
  /** Of the resolvers, the last that answered: it is asked first. */
  #preferred = 0;
  #closed = false;

  constructor(deps: DnsSourceDeps) {
    this.#deps = deps;
    this.name = deps.settings.name;
    this.#resolvers = deps.settings.resolvers.length > 0 ? deps.settings.resolvers : deps.systemResolvers;
    this.#readSettings();
    this.#publish(this.#feeds.keys());
    this.#pump();
  }

  refresh(service?: ServiceName): void {
    if (this.#closed) return;
    const names = service === undefined ? this.#names.values() : (this.#feeds.get(service) ?? []).map((feed) => feed.state);
    for (const name of names) {
      if (name.phase.kind === "asking") name.phase.again = true;
      else this.#enqueue(name);
    }
    this.#pump();
  }

  close(): void {
    this.#closed = true;
    this.#queue.length = 0;
    this.#publishing?.cancel();
    for (const { phase } of this.#names.values()) if (phase.kind === "waiting") phase.timer.cancel();
  }

  #readSettings(): void {
    for (const settings of this.#deps.settings.names) {
      const name = this.#nameOf(questionOf(settings));
      name.usedBy.add(settings.service);
      const feeds = this.#feeds.get(settings.service) ?? [];
      feeds.push({ state: name, port: settings.port });
      this.#feeds.set(settings.service, feeds);
    }
  }

  #nameOf(question: Question): Name {
    const key = questionText(question);
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name: Name = {
      question,
      usedBy: new Set(),
      set: undefined,
      failing: undefined,
      failures: 0,
      outcome: undefined,
      phase: { kind: "queued" },
    };
    this.#names.set(key, name);
    this.#queue.push(name);
    return name;
  }

  #enqueue(name: Name): void {
    if (name.phase.kind === "queued") return;
    if (name.phase.kind === "waiting") name.phase.timer.cancel();
    name.phase = { kind: "queued" };
    this.#queue.push(name);
  }

  #pump(): void {
    while (this.#outstanding < MAX_OUTSTANDING) {
      const name = this.#queue.shift();
      if (name === undefined) return;
      this.#outstanding += 1;
      name.phase = { kind: "asking", again: false };
      void this.#lookUp(name);
    }
  }

  async #lookUp(name: Name): Promise<void> {
    const lookup = new Lookup(name.question, this.#resolversInOrder(), this.#deps.nextQueryId);
    let step = lookup.start();
    while (step.kind === "ask") {
      const { server, query, protocol } = step.ask;
      step = lookup.reply(await this.#deps.transport.exchange(server, query, protocol, TRY_TIMEOUT_MS));
      if (this.#closed) return;
    }
    this.#outstanding -= 1;
    this.#learn(name, step.answer, step.resolver);
    this.#askLater(name, step.answer);
    this.#pump();
  }

  #resolversInOrder(): readonly string[] {
    return [...this.#resolvers.slice(this.#preferred), ...this.#resolvers.slice(0, this.#preferred)];
  }

  #learn(name: Name, answer: DnsAnswer, resolver: string | undefined): void {
    this.#count(answer);
    this.#logOutcome(name, answer);
    if (answer.kind === "failure") {
      name.failures += 1;
      name.failing = { sinceMs: name.failing?.sinceMs ?? this.#deps.clock.wallMs(), cause: answer.cause };
    } else {
      name.failures = 0;
      name.failing = undefined;
      name.set = addressSetOf(answer, resolver ?? "", name.set);
      this.#preferred = Math.max(0, this.#resolvers.indexOf(resolver ?? ""));
    }
    for (const service of name.usedBy) this.#dirty.add(service);
    // Many answers of one moment become one change: each change copies the whole map.
    this.#publishing ??= this.#deps.clock.schedule(0, () => this.#publishDirty());
  }

  #askLater(name: Name, answer: DnsAnswer): void {
    if (name.phase.kind === "asking" && name.phase.again) this.#enqueue(name);
    else {
      const timer = this.#deps.clock.schedule(nextAskInMs(answer, name.failures, this.#deps.rng), () => {
        this.#enqueue(name);
        this.#pump();
      });
      name.phase = { kind: "waiting", timer };
    }
  }

  #publishDirty(): void {
    this.#publishing = undefined;
    const services = [...this.#dirty];
    this.#dirty.clear();
    this.#publish(services);
  }

  #publish(services: Iterable<ServiceName>): void {
    const before = this.services.value;
    this.services.update([...services].map((service) => [service, serviceReading(this.#feeds.get(service) ?? [], before.get(service))]));
  }

  #count(answer: DnsAnswer): void {
    const outcome = answer.kind === "records" && answer.truncated ? "truncated" : answer.kind;
    this.#deps.metrics.lookups.add(1, { source: this.name, outcome });
  }

  /** Said once per change of outcome, not once per lookup. */
  #logOutcome(name: Name, answer: DnsAnswer): void {
    if (name.outcome === answer.kind) return;
    name.outcome = answer.kind;
    const fields = { source: this.name, question: questionText(name.question), outcome: answer.kind };
    if (answer.kind === "records") this.#deps.log.info("dns-outcome", fields);
    else this.#deps.log.warn("dns-outcome", answer.kind === "failure" ? { ...fields, cause: answer.cause } : fields);
  }
}
