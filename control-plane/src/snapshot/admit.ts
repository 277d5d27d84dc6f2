// Who of a service's endpoints stands in the snapshot, and as what.

import type { EndpointId } from "@fairlead/shared";
import type { Ramp, Verdict } from "../health/index.js";
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
  readonly health: ReadonlyMap<EndpointId, Verdict>;
  /** The service as published last, from this run or from disk. */
  readonly previous: ServiceSnapshot | undefined;
  /** Whether verdicts of `previous` may stand in for checks that have not run yet in this process. */
  readonly carryHealth: boolean;
  /** Wall time. */
  readonly nowMs: number;
  readonly checked: boolean;
}

/**
 * A new endpoint waits for its first pass while somebody known is healthy; it serves at once where there is no check,
 * nobody is healthy, or the service is new itself (invariant 4). One that was published stays, with its verdict.
 */
export function admit(input: AdmitInput): Admitted {
  const { registered, previous } = input;
  const endpoints: SnapshotEndpoint[] = [];
  for (const was of previous?.endpoints ?? []) {
    const entry = registered.get(was.endpoint.id);
    if (entry !== undefined) endpoints.push(standing(entry, was, input));
  }
  const awaiting = endpoints.length < registered.size ? takeIn(endpoints, input) : [];
  // They were sorted, and mostly still are: a comparison with the neighbour each.
  if (endpoints.some((entry, index) => index > 0 && !isBefore(endpoints[index - 1], entry)))
    endpoints.sort((one, other) => (isBefore(one, other) ? -1 : 1));
  return { endpoints, awaiting: awaiting.sort() };
}

/** Adds those that were not published before. @returns who has to wait */
function takeIn(endpoints: SnapshotEndpoint[], input: AdmitInput): EndpointId[] {
  const { registered, health, checked } = input;
  const known = new Set(endpoints.map(({ endpoint }) => endpoint.id));
  const newcomers = [...registered.values()].filter(({ endpoint }) => !known.has(endpoint.id));
  const waits = checked && isSomebodyHealthy(registered, health);
  const awaiting: EndpointId[] = [];
  for (const entry of newcomers) {
    const { id } = entry.endpoint;
    const admitted = standing(entry, undefined, input);
    if (waits && admitted.health === "healthy" && (health.get(id)?.status ?? "unknown") === "unknown") awaiting.push(id);
    else endpoints.push(admitted);
  }
  return awaiting;
}

function isSomebodyHealthy(registered: AdmitInput["registered"], health: AdmitInput["health"]): boolean {
  for (const [id, entry] of registered) {
    const verdict = health.get(id);
    if (verdict?.status === "healthy" && healthOf(entry, verdict, undefined) === "healthy") return true;
  }
  return false;
}

function standing(
  entry: RegisteredEndpoint,
  was: SnapshotEndpoint | undefined,
  { health: verdicts, carryHealth, nowMs }: AdmitInput,
): SnapshotEndpoint {
  const { endpoint, sources, sinceMs } = entry;
  const verdict = verdicts.get(endpoint.id);
  const health = healthOf(entry, verdict, carryHealth ? was?.health : undefined);
  const share = health === "healthy" ? (verdict?.share ?? 1) : 1;
  const ramp = health === "healthy" ? (verdict === undefined ? unfinished(was?.ramp, nowMs) : verdict.ramp) : undefined;
  return reuse(was, {
    endpoint,
    health,
    ...(share < 1 ? { share } : {}),
    ...(ramp === undefined ? {} : { ramp }),
    sources,
    sinceMs,
  });
}

/** A ramp was recorded once, and goes on after a restart: until there is a verdict, which follows it. */
function unfinished(ramp: Ramp | undefined, nowMs: number): Ramp | undefined {
  return ramp !== undefined && nowMs < ramp.startMs + ramp.ms ? ramp : undefined;
}

function isBefore(one: SnapshotEndpoint | undefined, other: SnapshotEndpoint): boolean {
  return one === undefined || one.endpoint.id < other.endpoint.id;
}

function healthOf(entry: RegisteredEndpoint, verdict: Verdict | undefined, carried: SnapshotHealth | undefined): SnapshotHealth {
  if (entry.endpoint.draining !== undefined || entry.endpoint.weight === 0) return "draining";
  if (verdict === undefined || verdict.status === "unknown") return carried === "unhealthy" ? "unhealthy" : "healthy";
  return verdict.status;
}

/** The entry as it was where nothing that matters differs, so that an unchanged service is seen to be unchanged. */
function reuse(was: SnapshotEndpoint | undefined, next: SnapshotEndpoint): SnapshotEndpoint {
  // A held endpoint is given by nobody at the moment; whoever gave it last is what a restart must ask.
  const sources = next.sources.length === 0 && was !== undefined ? was.sources : next.sources;
  // The usual case by reference: of a large service one endpoint differs.
  if (
    was !== undefined &&
    was.endpoint === next.endpoint &&
    was.health === next.health &&
    was.share === next.share &&
    was.ramp === next.ramp &&
    was.sinceMs === next.sinceMs &&
    was.sources === sources
  )
    return was;
  const kept = { ...next, sources };
  return was !== undefined && was.sinceMs === next.sinceMs && essence(was) === essence(kept) ? was : kept;
}

function essence({ endpoint, health, share, ramp, sources }: SnapshotEndpoint): string {
  const { id, weight, zone, instance, priority, metadata, draining, place } = endpoint;
  return JSON.stringify([
    id,
    weight,
    zone,
    instance ?? null,
    priority ?? 0,
    metadata ?? null,
    draining ?? null,
    place,
    health,
    share ?? 1,
    ramp ?? null,
    sources,
  ]);
}
