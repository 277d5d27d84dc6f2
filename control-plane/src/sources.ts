// The sources of the configuration in force: made, followed through reloads, closed.

import { type Closable, closeAll, formatProblem, type ServiceName } from "@fairlead/shared";
import type { FileSourceSettings, SourceSettings, StaticSourceSettings } from "./config/index.js";
import { readServiceLists } from "./config/index.js";
import { dnsSource, newDnsMetrics, QueryBudget } from "./discovery/dns/index.js";
import { fileSource } from "./discovery/file/index.js";
import type { Source } from "./discovery/index.js";
import { staticSource } from "./discovery/static/index.js";
import { type ZxidFloors, zookeeperMetrics, zookeeperSource } from "./discovery/zookeeper/index.js";
import type { World } from "./world.js";

interface Entry {
  readonly settings: SourceSettings;
  readonly source: Source;
  /** Static lists take a new text without being made anew, so that what stayed keeps its reference. */
  readonly apply: ((settings: StaticSourceSettings) => void) | undefined;
}

export class Sources implements Closable {
  readonly #world: World;
  readonly #floors: ZxidFloors;
  readonly #dnsMetrics;
  readonly #dnsBudget;
  readonly #zookeeperMetrics;
  #entries = new Map<string, Entry>();

  constructor(world: World, floors: ZxidFloors) {
    this.#world = world;
    this.#floors = floors;
    this.#dnsMetrics = newDnsMetrics(world.metrics);
    this.#dnsBudget = new QueryBudget(world.clock, world.metrics);
    this.#zookeeperMetrics = zookeeperMetrics(world.metrics);
  }

  /** In order of priority. A source whose settings kept their reference stays the same object; the others are closed after `handOver`. */
  configure(settings: readonly SourceSettings[], handOver: (sources: readonly Source[]) => void): void {
    const before = this.#entries;
    this.#entries = new Map(settings.map((each) => [each.name, this.#entry(each, before.get(each.name))]));
    handOver([...this.#entries.values()].map(({ source }) => source));
    for (const [name, { source }] of before) if (this.#entries.get(name)?.source !== source) void source.close();
  }

  /** An operator says that what the sources say of the service is meant. */
  confirmed(service: ServiceName): void {
    for (const { source } of this.#entries.values()) source.confirmed?.(service);
  }

  async close(): Promise<void> {
    await closeAll([...this.#entries.values()].map(({ source }) => source));
    await this.#floors.close();
  }

  #entry(settings: SourceSettings, before: Entry | undefined): Entry {
    if (before?.settings === settings) return before;
    if (settings.type !== "static") return { settings, source: this.#make(settings), apply: undefined };
    if (before?.apply !== undefined) {
      before.apply(settings);
      return { ...before, settings };
    }
    const source = staticSource(settings);
    return { settings, source, apply: (next) => source.apply(next) };
  }

  #make(settings: Exclude<SourceSettings, StaticSourceSettings>): Source {
    const { clock, rng, discovery } = this.#world;
    const log = this.#world.log.child({ source: settings.name });
    switch (settings.type) {
      case "file":
        return this.#file(settings);
      case "zookeeper":
        return zookeeperSource({
          settings,
          clock,
          rng,
          log,
          metrics: this.#zookeeperMetrics,
          floors: this.#floors,
          connect: discovery.zookeeper(log),
        });
      case "dns":
        return dnsSource({ settings, clock, rng, log, metrics: this.#dnsMetrics, budget: this.#dnsBudget, ...discovery.dns });
    }
  }

  #file(settings: FileSourceSettings): Source {
    const { clock, rng, discovery } = this.#world;
    const log = this.#world.log.child({ source: settings.name });
    const file = discovery.listFile(settings.path, log);
    return fileSource({ settings, clock, rng, log, file, parse: readServiceLists, explain: formatProblem });
  }
}
