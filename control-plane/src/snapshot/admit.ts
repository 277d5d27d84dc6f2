// Who of a service's endpoints stands in the snapshot, and as what.

import type { EndpointId } from "@fairlead/shared";
import type { EndpointHealth } from "../health/index.js";
import type { RegisteredEndpoint } from "../registry/index.js";
import type { ServiceSnapshot, SnapshotEndpoint, SnapshotHealth } from "./snapshot.js";

export interface Admitted {
  /** Sorted by id. */
  readonly endpoints: readonly SnapshotEndpoint[];
  /** New and not checked yet, while others are healthy. */
  readonly awaiting: readonly EndpointId[];
}

export interface AdmitInput {
  readonly registered: ReadonlyMap<EndpointId, RegisteredEndpoint>;
  readonly health: ReadonlyMap<EndpointId, EndpointHealth>;
  /** The service as published last, from this run or from disk. */
  readonly previous: ServiceSnapshot | undefined;
  /** Whether verdicts of `previous` may stand in for checks that have not run yet in this process. */
  readonly carryHealth: boolean;
  readonly checked: boolean;
}

/**
 * A new endpoint waits for its first pass while somebody known is healthy; it serves at once where there is no check,
 * nobody is healthy, or the service is new itself (invariant 4). One that was published stays, with its verdict.
 */
export function admit({ registered, health, previous, carryHealth, checked }: AdmitInput): Admitted {
  const known = new Map(previous?.endpoints.map((entry) => [entry.endpoint.id, entry]));
  const before = [...registered.values()].map((entry) => {
    const { id } = entry.endpoint;
    const was = known.get(id);
    return { entry, was, health: healthOf(entry, health.get(id), carryHealth ? was?.health : undefined), status: health.get(id)?.status };
  });
  const somebodyHealthy = before.some(({ health: verdict, status }) => verdict === "healthy" && status === "healthy");
  const endpoints: SnapshotEndpoint[] = [];
  const awaiting: EndpointId[] = [];
  for (const { entry, was, health: verdict, status } of before) {
    const unchecked = status === undefined || status === "unknown";
    if (checked && unchecked && was === undefined && verdict === "healthy" && somebodyHealthy) awaiting.push(entry.endpoint.id);
    else endpoints.push(reuse(was, { endpoint: entry.endpoint, health: verdict, sources: entry.sources, sinceMs: entry.sinceMs }));
  }
  endpoints.sort((one, other) => (one.endpoint.id < other.endpoint.id ? -1 : 1));
  return { endpoints, awaiting: awaiting.sort() };
}

function healthOf(entry: RegisteredEndpoint, verdict: EndpointHealth | undefined, carried: SnapshotHealth | undefined): SnapshotHealth {
  if (entry.endpoint.draining !== undefined || entry.endpoint.weight === 0) return "draining";
  if (verdict === undefined || verdict.status === "unknown") return carried === "unhealthy" ? "unhealthy" : "healthy";
  return verdict.status;
}

/** The entry as it was where nothing that matters differs, so that an unchanged service is seen to be unchanged. */
function reuse(was: SnapshotEndpoint | undefined, next: SnapshotEndpoint): SnapshotEndpoint {
  // A held endpoint is given by nobody at the moment; whoever gave it last is what a restart must ask.
  const sources = next.sources.length === 0 && was !== undefined ? was.sources : next.sources;
  const kept = { ...next, sources };
  // The usual case by reference: of a large service one endpoint differs.
  if (
    was !== undefined &&
    was.endpoint === next.endpoint &&
    was.health === next.health &&
    was.sinceMs === next.sinceMs &&
    was.sources === sources
  )
    return was;
  return was !== undefined && was.sinceMs === next.sinceMs && essence(was) === essence(kept) ? was : kept;
}

function essence({ endpoint, health, sources }: SnapshotEndpoint): string {
  const { id, weight, zone, instance, priority, metadata, draining, place } = endpoint;
  return JSON.stringify([id, weight, zone, instance ?? null, priority ?? 0, metadata ?? null, draining ?? null, place, health, sources]);
}
