import type { Endpoint, ListingState, Reading, ServiceReading, Source } from "@fairlead/control-plane/discovery";
import { Cell, endpointId, KeyedCell, type ServiceName } from "@fairlead/shared";

/** Who is in a service, by position; `undefined` is away. */
type Members = (Endpoint | undefined)[];

const NOBODY: Reading["quarantined"] = [];

/** A source without a server behind it: what it says next it is told. It gives a reading of the one service that changed, as sources do. */
export class BenchSource implements Source {
  readonly name = "bench";
  readonly type = "static";
  readonly listing = new Cell<ListingState>({ kind: "seen", completeness: { kind: "complete" }, quarantined: [] });
  readonly services = new KeyedCell<ServiceName, ServiceReading>();
  readonly disturbedUntilMs = new Cell(0);
  readonly #members = new Map<ServiceName, Members>();

  constructor(clusters: number, endpoints: number) {
    for (let cluster = 0; cluster < clusters; cluster++) {
      const all = Array.from({ length: endpoints }, (_, index) => endpointAt(cluster * endpoints + index));
      this.#members.set(serviceAt(cluster), all);
    }
    this.services.update([...this.#members].map(([service, members]) => [service, readingOf(members)] as const));
  }

  reweight(cluster: number, index: number, weight: number): void {
    this.#change(cluster, index, (was) => was && { ...was, weight });
  }

  leave(cluster: number, index: number): void {
    this.#change(cluster, index, () => undefined);
  }

  comeBack(cluster: number, index: number): void {
    this.#change(cluster, index, (_was, at) => endpointAt(at));
  }

  refresh(): void {}

  close(): void {}

  #change(cluster: number, index: number, next: (was: Endpoint | undefined, at: number) => Endpoint | undefined): void {
    const service = serviceAt(cluster);
    const members = this.#members.get(service) ?? [];
    members[index] = next(members[index], cluster * members.length + index);
    this.services.update([[service, readingOf(members)]]);
  }
}

export function serviceAt(cluster: number): ServiceName {
  return `service-${cluster}` as ServiceName;
}

function readingOf(members: Members): ServiceReading {
  const endpoints = new Map(members.flatMap((endpoint) => (endpoint === undefined ? [] : [[endpoint.id, endpoint] as const])));
  return { kind: "seen", reading: { endpoints, quarantined: NOBODY, completeness: { kind: "complete" } } };
}

function endpointAt(at: number): Endpoint {
  const address = { ip: `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`, port: 8_080 };
  return { id: endpointId(address), ...address, weight: 100, zone: `zone-${at % 3}`, place: `bench ${at}` };
}
