// One endpoint, explained: in or out, because of what, until when.

import type { Opinion } from "../health/index.js";
import type { RegisteredEndpoint } from "../registry/index.js";
import type { ServiceSnapshot, SnapshotEndpoint } from "../snapshot/index.js";
import { iso, leftSeconds } from "./time.js";

export interface OutcomeFacts {
  readonly service: string;
  readonly registered: RegisteredEndpoint;
  readonly health: Opinion | undefined;
  /** The service as published, where it is. */
  readonly published: ServiceSnapshot | undefined;
}

export interface EndpointFacts extends OutcomeFacts {
  /** What it is reproached for having come and gone. */
  readonly flapPenalty: number;
  /** Wall time. */
  readonly nowMs: number;
}

type Outcome = "serving" | "reduced" | "out";

export function outcomeOf({ registered, health, published }: OutcomeFacts): {
  readonly outcome: Outcome;
  readonly because: readonly string[];
} {
  const { endpoint, hold } = registered;
  const entry = entryOf(published, endpoint.id);
  const because: string[] = [];
  if (hold !== undefined) because.push(`its removal is held (${hold.kind}): ${hold.because}`);
  if (endpoint.draining !== undefined) because.push(`its source says it leaves: ${endpoint.draining}`);
  if (endpoint.weight === 0) because.push("its weight is 0");
  if (published === undefined) return { outcome: "out", because: [...because, "its service is not published yet"] };
  if (inSorted(published.awaiting, endpoint.id, (id) => id) !== undefined)
    return { outcome: "out", because: [...because, "it is new and waits for its first check to pass"] };
  if (entry === undefined) return { outcome: "out", because: [...because, "the next publish will carry it"] };
  if (entry.health === "draining") return { outcome: "reduced", because };
  if (entry.health === "unhealthy")
    return { outcome: "out", because: [...because, health?.because ?? "it was unhealthy when the state was saved"] };
  return { outcome: "serving", because: because.length > 0 ? because : [health?.because ?? "no check has spoken against it"] };
}

/**
 * Whether a source lists it: `unsure` while a source that gave it cannot say. With the health and the service's policy for
 * whom no source lists, this is what decides.
 */
export function listedOf({ sources, hold }: RegisteredEndpoint): "yes" | "no" | "unsure" {
  if (sources.length > 0) return "yes";
  return hold === undefined ? "unsure" : "no";
}

export function endpointView(facts: EndpointFacts) {
  const { service, registered, health, published, nowMs } = facts;
  const { endpoint, hold } = registered;
  const penalty = Math.round(facts.flapPenalty);
  const entry = entryOf(published, endpoint.id);
  return {
    id: endpoint.id as string,
    service,
    ...outcomeOf(facts),
    ...(hold === undefined
      ? {}
      : {
          until: iso(hold.untilMs),
          hold: {
            kind: hold.kind,
            because: hold.because,
            since: iso(hold.sinceMs),
            until: iso(hold.untilMs),
            endsInSeconds: leftSeconds(hold.untilMs, nowMs),
          },
        }),
    listed: listedOf(registered),
    ...(published?.settings.unlisted === undefined ? {} : { unlistedPolicy: published.settings.unlisted }),
    ...(penalty === 0 ? {} : { flapPenalty: penalty }),
    weight: endpoint.weight,
    zone: endpoint.zone,
    ...(endpoint.priority === undefined ? {} : { priority: endpoint.priority }),
    ...(endpoint.metadata === undefined ? {} : { metadata: endpoint.metadata }),
    ...(endpoint.instance === undefined ? {} : { instance: endpoint.instance }),
    place: endpoint.place,
    sources: registered.sources,
    since: iso(registered.sinceMs),
    health: healthView(health),
    published: { health: entry?.health ?? "absent", snapshot: published?.version ?? "" },
  };
}

function entryOf(published: ServiceSnapshot | undefined, id: string): SnapshotEndpoint | undefined {
  return inSorted(published?.endpoints ?? [], id, ({ endpoint }) => endpoint.id);
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

function healthView(health: Opinion | undefined) {
  if (health === undefined) return { status: "unknown", because: "no check has run yet", disagreeing: 0 };
  const { status, because, sinceMs, disagreeing, last } = health;
  return {
    status,
    because,
    since: iso(sinceMs),
    disagreeing,
    ...(last === undefined
      ? {}
      : { last: { outcome: last.outcome, detail: last.detail, at: iso(last.atMs), tookMs: Math.round(last.tookMs * 10) / 10 } }),
  };
}
