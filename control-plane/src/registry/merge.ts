// Several sources' readings of one service → who is there now, who has certainly gone, and what each source contributed.

import type { EndpointId, ServiceName } from "@fairlead/shared";
import type { Endpoint, Source } from "../discovery/index.js";
import type { Contribution } from "./registry.js";

export interface Merged {
  /** By priority: the first source that gives an endpoint decides its weight, zone and state. */
  readonly present: ReadonlyMap<EndpointId, { readonly endpoint: Endpoint; readonly sources: readonly string[] }>;
  /** Sources whose answer about this service is complete right now: what they do not give, they do not have. */
  readonly certain: ReadonlySet<string>;
  /** Sources that could hold endpoints of this service and have not spoken. */
  readonly waiting: readonly string[];
  readonly contributions: readonly Contribution[];
  /** Whether any source names the service. */
  readonly named: boolean;
}

export function merge(service: ServiceName, sources: readonly Source[]): Merged {
  const present = new Map<EndpointId, { endpoint: Endpoint; sources: string[] }>();
  const certain = new Set<string>();
  const waiting: string[] = [];
  const contributions: Contribution[] = [];
  let named = false;
  for (const source of sources) {
    const contribution = contributionOf(service, source);
    if (contribution === undefined) {
      if (listsCompletely(source)) certain.add(source.name);
      continue;
    }
    contributions.push(contribution);
    if (contribution.state === "pending") waiting.push(source.name);
    if (contribution.state === "complete") certain.add(source.name);
    if (source.services.value.has(service)) named = true;
    for (const [id, endpoint] of readingOf(service, source)) {
      const known = present.get(id);
      if (known === undefined) present.set(id, { endpoint, sources: [source.name] });
      else known.sources.push(source.name);
    }
  }
  return { present, certain, waiting, contributions, named };
}

const NOTHING: ReadonlyMap<EndpointId, Endpoint> = new Map();

function readingOf(service: ServiceName, source: Source): ReadonlyMap<EndpointId, Endpoint> {
  const state = source.services.value.get(service);
  return state === undefined || state.kind === "pending" ? NOTHING : state.reading.endpoints;
}

/** `undefined` when the source does not name the service; whether it is certain of that is another question. */
function contributionOf(service: ServiceName, source: Source): Contribution | undefined {
  const state = source.services.value.get(service);
  const blank = { source: source.name, reason: undefined, staleSinceMs: undefined, endpoints: 0, quarantined: [], mark: undefined };
  if (state === undefined) {
    return source.listing.value.kind === "pending" ? { ...blank, state: "pending", reason: "the source has not spoken yet" } : undefined;
  }
  if (state.kind === "pending") return { ...blank, state: "pending", reason: state.cause ?? "the source has not read this service yet" };
  const { reading } = state;
  const seen = {
    source: source.name,
    staleSinceMs: state.kind === "stale" ? state.sinceMs : undefined,
    endpoints: reading.endpoints.size,
    quarantined: reading.quarantined,
    mark: reading.mark,
  };
  if (state.kind === "stale") return { ...seen, state: "stale", reason: state.cause };
  if (reading.completeness.kind === "partial") return { ...seen, state: "partial", reason: reading.completeness.reason };
  return { ...seen, state: "complete", reason: undefined };
}

/** Only a complete listing can say that a service is not there. */
function listsCompletely(source: Source): boolean {
  const listing = source.listing.value;
  return listing.kind === "seen" && listing.completeness.kind === "complete";
}
