import type { EndpointId } from "@fairlead/shared";
import type { ServiceSnapshot, SnapshotEndpoint } from "./snapshot.js";

export function publishedEndpoint(service: ServiceSnapshot | undefined, id: EndpointId): SnapshotEndpoint | undefined {
  return inSorted(service?.endpoints ?? [], id, ({ endpoint }) => endpoint.id);
}

/** Whether it is new and waits for its first check to pass. */
export function isAwaiting({ awaiting }: ServiceSnapshot, id: EndpointId): boolean {
  return inSorted(awaiting, id, (one) => one) !== undefined;
}

/** By halves: a service may have 10,000 endpoints, and a view looks up every one of them while the whole process waits. */
function inSorted<T>(sorted: readonly T[], id: string, idOf: (item: T) => string): T | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = sorted[middle];
    if (item !== undefined && idOf(item) < id) low = middle + 1;
    else high = middle;
  }
  const found = sorted[low];
  return found !== undefined && idOf(found) === id ? found : undefined;
}
