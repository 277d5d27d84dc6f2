import type { ServiceName } from "@fairlead/shared";
import { COMPLETE, partial } from "../reading.js";
import type { Completeness, Quarantined } from "../source.js";
import { ChildList, type Listing, type ReadDeps } from "./child-list.js";
import { childPath, type WildcardPath } from "./path-pattern.js";

export interface WildcardServicesOptions extends ReadDeps {
  readonly pattern: WildcardPath;
  readonly maxServices: number;
  /** The services it stands for now, by the path of their members. Called after every read. */
  readonly onServices: (services: ReadonlyMap<string, ServiceName>) => void;
  /** `completeness` may have changed though the services did not. */
  readonly onFailure: () => void;
  readonly onLimit: () => void;
}

/** ZooKeeper's own subtree, which is no service. */
const RESERVED = "/zookeeper";

/** The children of a `*`: each is a service. A child whose name makes no valid service is quarantined. */
export class WildcardServices {
  readonly #options: WildcardServicesOptions;
  readonly #list: ChildList;
  /** Undefined until the list was read on this connection. */
  #completeness: Completeness | undefined;
  #quarantined: readonly Quarantined[] = [];

  constructor(options: WildcardServicesOptions) {
    this.#options = options;
    this.#list = new ChildList(options.pattern.parent, options, (listing) => this.#take(listing));
  }

  get completeness(): Completeness | undefined {
    return this.#completeness;
  }

  get quarantined(): readonly Quarantined[] {
    return this.#quarantined;
  }

  connected(): void {
    this.lost();
    this.#list.read();
  }

  lost(): void {
    this.#list.stop();
    this.#completeness = undefined;
  }

  readList(): void {
    this.#list.read();
  }

  #take(listing: Listing): void {
    const { pattern, maxServices, onServices, onFailure, onLimit } = this.#options;
    if (listing.kind === "failed") {
      this.#completeness = partial(`${pattern.parent}: ${listing.reason}`);
      onFailure();
      return;
    }
    const names = listing.kind === "listed" ? [...listing.names].sort() : [];
    this.#completeness = COMPLETE;
    if (names.length > maxServices) {
      onLimit();
      this.#completeness = partial(`${pattern.parent} has ${names.length} children, at most ${maxServices} are followed`);
    }
    const { services, quarantined } = servicesOf(pattern, names.slice(0, maxServices));
    this.#quarantined = quarantined;
    onServices(services);
  }
}

/** Two children that differ in capitals only would be one service: the one that is spelt as the service is it. */
function servicesOf(pattern: WildcardPath, names: readonly string[]) {
  const services = new Map<string, ServiceName>();
  const quarantined: Quarantined[] = [];
  const takenBy = new Map<ServiceName, string>();
  for (const name of [...names].sort(lowerCaseFirst)) {
    const place = childPath(pattern.parent, name);
    if (place === RESERVED) continue;
    const service = pattern.serviceOf(name);
    const other = service.ok && pattern.oneEach ? takenBy.get(service.value) : undefined;
    if (!service.ok) quarantined.push({ place, reason: service.error });
    else if (other !== undefined) quarantined.push({ place, reason: `it would be ${service.value}, which is ${other} already` });
    else {
      services.set(pattern.pathOf(name), service.value);
      takenBy.set(service.value, place);
    }
  }
  return { services, quarantined };
}

/** Code units order capitals first; the other way round, a name without any comes before its like. */
function lowerCaseFirst(one: string, other: string): number {
  return one === other ? 0 : one > other ? -1 : 1;
}
