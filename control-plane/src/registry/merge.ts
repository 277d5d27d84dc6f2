// Several sources' readings of one service → which of them say who is there now, and which are certain of whom they do not name.

import type { EndpointId, ServiceName } from "@fairlead/shared";
import type { MembershipSettings } from "../config/index.js";
import type { Endpoint, Source } from "../discovery/index.js";
import type { Contribution } from "./registry.js";

/** What one source that decides gives of the service right now. */
export interface Sight {
  readonly source: string;
  readonly endpoints: ReadonlyMap<EndpointId, Endpoint>;
}

export interface Merged {
  /** By priority: of those that give an endpoint, the first decides its weight, zone, metadata and state. */
  readonly sights: readonly Sight[];
  /** Sources whose answer about this service is complete right now: what the sights do not give, they do not have. */
  readonly certain: ReadonlySet<string>;
  /** Sources that could hold endpoints of this service and have not spoken. */
  readonly waiting: readonly string[];
  readonly contributions: readonly Contribution[];
  /** Whether any source that feeds the service names it. */
  readonly named: boolean;
  /** Whether every source that feeds the service certainly does not have it. */
  readonly nowhere: boolean;
}

/** The sources that feed a service, in its order of priority: those it names, or all but the one it compares with. */
export function feedsOf({ sources: chosen, compare }: MembershipSettings, all: readonly Source[]): readonly Source[] {
  if (chosen === undefined) return compare === undefined ? all : all.filter(({ name }) => name !== compare);
  return chosen.flatMap((name) => all.find((source) => source.name === name) ?? []);
}

export function mergeReadings(service: ServiceName, feeds: readonly Source[], policy: MembershipSettings["merge"]): Merged {
  const answers = feeds.map((source) => answerOf(service, source));
  const deciding = policy === "first" ? answers.findIndex(({ sight }) => sight !== undefined && sight.endpoints.size > 0) : -1;
  const decides = (index: number) => deciding === -1 || index === deciding;
  const sights = answers.flatMap(({ sight }, index) => (sight !== undefined && decides(index) ? [sight] : []));
  const isCertain = (index: number) => answers[deciding !== -1 && index > deciding ? deciding : index]?.certain === true;
  return {
    sights,
    // Whoever stands behind the source that decides is not asked: it is that one's answer that must be complete.
    certain: new Set(feeds.filter((_source, index) => isCertain(index)).map(({ name }) => name)),
    waiting: answers.flatMap(({ contribution }) => (contribution?.state === "pending" ? [contribution.source] : [])),
    contributions: answers.flatMap(({ contribution }, index) =>
      contribution === undefined ? [] : [decides(index) ? contribution : { ...contribution, role: "standby" as const }],
    ),
    named: answers.some(({ named }) => named),
    nowhere: answers.every(({ named, certain }) => !named && certain),
  };
}

interface Answer {
  /** Whether what the source does not give of the service it certainly does not have. */
  readonly certain: boolean;
  readonly named: boolean;
  readonly sight: Sight | undefined;
  /** `undefined` when the source does not name the service; whether it is certain of that is another question. */
  readonly contribution: Contribution | undefined;
}

function answerOf(service: ServiceName, source: Source): Answer {
  const contribution = contributionOf(service, source, "feeds");
  if (contribution === undefined) return { certain: listsCompletely(source), named: false, sight: undefined, contribution };
  const state = source.services.value.get(service);
  const sight = state === undefined || state.kind === "pending" ? undefined : { source: source.name, endpoints: state.reading.endpoints };
  return { certain: contribution.state === "complete", named: state !== undefined, sight, contribution };
}

const NOBODY: Contribution["quarantined"] = [];

/** What a source says of a service, for people; undefined when it does not name it. */
export function contributionOf(service: ServiceName, source: Source, role: Contribution["role"]): Contribution | undefined {
  const state = source.services.value.get(service);
  const blank = {
    source: source.name,
    role,
    reason: undefined,
    staleSinceMs: undefined,
    endpoints: 0,
    quarantined: NOBODY,
    mark: undefined,
  };
  if (state === undefined) {
    const { value: listing } = source.listing;
    return listing.kind === "pending"
      ? { ...blank, state: "pending", reason: listing.cause ?? "the source has not spoken yet" }
      : undefined;
  }
  if (state.kind === "pending") return { ...blank, state: "pending", reason: state.cause ?? "the source has not read this service yet" };
  const { reading } = state;
  const seen = {
    source: source.name,
    role,
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
