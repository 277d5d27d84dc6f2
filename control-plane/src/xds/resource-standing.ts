import type { Holdings } from "./holdings.js";
import type { Absence, Resource, ResourceSet, XdsNode } from "./resource-set.js";
import type { Subscription } from "./subscription.js";

/** How one client stands to one resource. */
export interface ResourceStanding {
  readonly typeUrl: string;
  readonly name: string;
  /** The version it should have; undefined where there is no such resource in its view. */
  readonly current: string | undefined;
  /** The version in the response it has not answered yet. */
  readonly sent: string | undefined;
  /** The last one it accepted on this stream. */
  readonly accepted: Resource | undefined;
  /** The version it said it had when it connected. */
  readonly claimed: string | undefined;
  readonly refused: { readonly version: string; readonly reason: string } | undefined;
  /** It was told that there is no such resource. */
  readonly toldAbsent: boolean;
}

/** One stream of a client, made out when somebody asks. */
export interface ClientStanding {
  readonly node: XdsNode;
  readonly types: readonly { standings(): Iterable<ResourceStanding> }[];
}

/** What one type on one stream knows. */
export interface StandingSources {
  readonly stream: { readonly typeUrl: string; readonly subscription: Subscription };
  readonly holdings: Holdings;
  readonly set: ResourceSet | undefined;
  readonly told: ReadonlyMap<string, Absence["kind"]>;
  /** In the response that is not answered yet. */
  readonly sent: readonly Resource[];
  /** Of the last NACK. */
  readonly reason: string;
}

/** Every name the client asks for, was sent or may have. */
export function* standingsOf({ stream, holdings, set, told, sent, reason }: StandingSources): Iterable<ResourceStanding> {
  const { typeUrl, subscription } = stream;
  const unanswered = new Map(sent.map((resource) => [resource.name, resource.version]));
  const offered = subscription.wildcard ? (set?.resources.keys() ?? []) : [];
  for (const name of new Set([...subscription.names, ...holdings.names(), ...unanswered.keys(), ...offered])) {
    const refused = holdings.refusedVersion(name);
    yield {
      typeUrl,
      name,
      current: set?.resources.get(name)?.version,
      sent: unanswered.get(name),
      accepted: holdings.accepted(name),
      claimed: holdings.claimedVersion(name),
      refused: refused === undefined ? undefined : { version: refused, reason },
      toldAbsent: told.get(name) === "not-found",
    };
  }
}
