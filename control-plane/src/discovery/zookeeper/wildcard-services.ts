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
    const services = new Map<string, ServiceName>();
    const quarantined: Quarantined[] = [];
    for (const name of names.slice(0, maxServices)) {
      const place = childPath(pattern.parent, name);
      if (place === RESERVED) continue;
      const service = pattern.serviceOf(name);
      if (service.ok) services.set(pattern.pathOf(name), service.value);
      else quarantined.push({ place, reason: service.error });
    }
    this.#quarantined = quarantined;
    onServices(services);
  }
}
