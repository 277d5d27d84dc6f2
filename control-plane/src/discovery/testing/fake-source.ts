import { Cell, DEFAULT_WEIGHT, DEFAULT_ZONE, type EndpointId, endpointId, KeyedCell, type ServiceName } from "@fairlead/shared";
import type { Completeness, Endpoint, ListingState, Reading, ServiceReading, Source } from "../source.js";

const COMPLETE: Completeness = { kind: "complete" };

/** A source that says what the test tells it to. Its listing is complete from the start unless told otherwise. */
export class FakeSource implements Source {
  readonly name: string;
  readonly type = "static";
  readonly listing: Cell<ListingState>;
  readonly services = new KeyedCell<ServiceName, ServiceReading>();
  readonly disturbedUntilMs = new Cell(0);

  constructor(name: string, listing: ListingState = { kind: "seen", completeness: COMPLETE, quarantined: [] }) {
    this.name = name;
    this.listing = new Cell(listing);
  }

  list(): void {
    this.listing.set({ kind: "seen", completeness: COMPLETE, quarantined: [] });
  }

  see(service: ServiceName, endpoints: readonly Endpoint[], completeness: Completeness = COMPLETE): void {
    this.services.update([[service, { kind: "seen", reading: readingOf(endpoints, completeness) }]]);
  }

  stale(service: ServiceName, endpoints: readonly Endpoint[], cause: string): void {
    this.services.update([[service, { kind: "stale", reading: readingOf(endpoints, COMPLETE), sinceMs: 0, cause }]]);
  }

  pend(service: ServiceName): void {
    this.services.update([[service, { kind: "pending" }]]);
  }

  drop(service: ServiceName): void {
    this.services.update([[service, undefined]]);
  }

  /** What a refresh does; nothing unless a test says so. */
  onRefresh: (service: ServiceName | undefined) => void = () => {};

  refresh(service?: ServiceName): void {
    this.onRefresh(service);
  }

  close(): void {}
}

/** As sources do: a list in which nothing changed keeps its reference. */
const NOBODY: Reading["quarantined"] = [];

function readingOf(endpoints: readonly Endpoint[], completeness: Completeness): Reading {
  return { endpoints: new Map(endpoints.map((endpoint) => [endpoint.id, endpoint])), quarantined: NOBODY, completeness };
}

export function idOf(port: number): EndpointId {
  return endpointId({ ip: "10.0.0.1", port });
}

/** 10.0.0.1 at `port`, with defaults. */
export function endpointAt(port: number, over: Partial<Endpoint> = {}): Endpoint {
  return { id: idOf(port), ip: "10.0.0.1", port, weight: DEFAULT_WEIGHT, zone: DEFAULT_ZONE, place: `test:${port}`, ...over };
}
