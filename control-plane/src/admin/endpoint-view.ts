// One endpoint, explained: in or out, because of what, until when.

import type { Explanation } from "../health/index.js";
import type { RegisteredEndpoint } from "../registry/index.js";
import { isAwaiting, publishedEndpoint, type ServiceSnapshot } from "../snapshot/index.js";
import { healthView } from "./health-view.js";
import { iso, leftSeconds } from "./time.js";

export interface OutcomeFacts {
  readonly service: string;
  readonly registered: RegisteredEndpoint;
  readonly health: Explanation | undefined;
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
  const entry = publishedEndpoint(published, endpoint.id);
  const verdict = health?.verdict;
  const because: string[] = [];
  if (hold !== undefined) because.push(`its removal is held (${hold.kind}): ${hold.because}`);
  if (endpoint.draining !== undefined) because.push(`its source says it leaves: ${endpoint.draining}`);
  if (endpoint.weight === 0) because.push("its weight is 0");
  if (published === undefined) return { outcome: "out", because: [...because, "its service is not published yet"] };
  if (isAwaiting(published, endpoint.id))
    return { outcome: "out", because: [...because, "it is new and waits for its first check to pass"] };
  if (entry === undefined) return { outcome: "out", because: [...because, "the next publish will carry it"] };
  if (entry.health === "draining") return { outcome: "reduced", because };
  if (entry.health === "unhealthy")
    return { outcome: "out", because: [...because, verdict?.because ?? "it was unhealthy when the state was saved"] };
  if (verdict !== undefined && verdict.share < 1) return { outcome: "reduced", because: [...because, verdict.because] };
  if (verdict?.ramp !== undefined) return { outcome: "reduced", because: [...because, "it was out, and takes up its share again"] };
  if (health?.heldBy !== undefined && verdict !== undefined) because.push(verdict.because);
  return { outcome: "serving", because: because.length > 0 ? because : [verdict?.because ?? "no check has spoken against it"] };
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
  const entry = publishedEndpoint(published, endpoint.id);
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
