import { Cell, KeyedCell, type ServiceName, type Watchable } from "@fairlead/shared";
import type { StaticSourceSettings } from "../../config/index.js";
import { COMPLETE } from "../reading.js";
import type { ListingState, ServiceReading, Source } from "../source.js";
import { readingOfList } from "../static-members.js";

export interface StaticSource extends Source {
  /** Follows a reloaded configuration; services and endpoints that stayed keep their references. */
  apply(settings: StaticSourceSettings): void;
}

/** The endpoints written in this process's own configuration: known at once, complete, never stale. */
export function staticSource(settings: StaticSourceSettings): StaticSource {
  const services = new KeyedCell<ServiceName, ServiceReading>();
  const apply = (next: StaticSourceSettings) => services.replace(readAll(next, services.value));
  apply(settings);
  return {
    name: settings.name,
    type: "static",
    listing: new Cell<ListingState>({ kind: "seen", completeness: COMPLETE, quarantined: [] }),
    services,
    disturbedUntilMs: CALM,
    apply,
    refresh: () => undefined,
    close: () => undefined,
  };
}

const CALM: Watchable<number> = new Cell(0);

function readAll(settings: StaticSourceSettings, previous: ReadonlyMap<ServiceName, ServiceReading>): Map<ServiceName, ServiceReading> {
  const next = new Map<ServiceName, ServiceReading>();
  for (const [name, list] of settings.services) {
    const before = previous.get(name);
    const beforeReading = before?.kind === "seen" ? before.reading : undefined;
    const reading = readingOfList(list, beforeReading);
    next.set(name, before !== undefined && reading === beforeReading ? before : { kind: "seen", reading });
  }
  return next;
}
