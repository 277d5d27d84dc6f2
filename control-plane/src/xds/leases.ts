// Resources with a time to live: which of them a client drops unless it hears soon that they stand (xDS rule R31).

import type { Holdings } from "./holdings.js";
import type { Resource, ResourceSet, ResourceSets } from "./resource-set.js";
import type { Subscription } from "./subscription.js";

interface Lease {
  readonly ttlMs: number;
  /** When the client was told last. */
  readonly toldMs: number;
}

/** Half of its time gone: what then goes wrong has as long again to come right. */
const RENEWED_AFTER = 0.5;
/** Those are renewed along that would be due soon, so that what was sent piece by piece is renewed in one response. */
const RENEWED_ALONG_AFTER = 0.4;
/** In one response, which is 2 MB of heartbeats with the longest names; the others follow after its ACK. */
const RENEWED_MAX = 4_096;

/** What a client holds for a time, of one type on one stream. */
export class Leases {
  readonly #leases = new Map<string, Lease>();
  #dueMs = Number.POSITIVE_INFINITY;

  /** When somebody has to look again, or earlier; infinite while nothing is held for a time. */
  get dueMs(): number {
    return this.#dueMs;
  }

  /** The client was told of the resource. One without a time to live is held for ever. */
  grant({ name, ttlMs }: Resource, toldMs: number): void {
    if (ttlMs === undefined) this.#leases.delete(name);
    else this.#put(name, { ttlMs, toldMs });
  }

  /** It holds the resource, but nobody knows since when, or whether what it was told last counts: it is told again soon. */
  hasten({ name, ttlMs }: Resource, nowMs: number): void {
    if (ttlMs !== undefined) this.#put(name, { ttlMs, toldMs: nowMs - ttlMs * RENEWED_AFTER });
  }

  end(name: string): void {
    this.#leases.delete(name);
  }

  /** Puts it off for as long again. */
  postpone(name: string, nowMs: number): void {
    const lease = this.#leases.get(name);
    if (lease !== undefined) this.#put(name, { ...lease, toldMs: nowMs });
  }

  /** Whether the client must have dropped it by now. */
  isOver(name: string, nowMs: number): boolean {
    const lease = this.#leases.get(name);
    return lease !== undefined && nowMs - lease.toldMs >= lease.ttlMs;
  }

  /** Whose time is half gone, or nearly. */
  due(nowMs: number): readonly string[] {
    if (nowMs < this.#dueMs) return [];
    this.#dueMs = Math.min(...Array.from(this.#leases.values(), dueMsOf));
    if (nowMs < this.#dueMs) return [];
    return [...this.#leases].filter(([, { ttlMs, toldMs }]) => nowMs - toldMs >= ttlMs * RENEWED_ALONG_AFTER).map(([name]) => name);
  }

  #put(name: string, lease: Lease): void {
    this.#leases.set(name, lease);
    this.#dueMs = Math.min(this.#dueMs, dueMsOf(lease));
  }
}

function dueMsOf({ ttlMs, toldMs }: Lease): number {
  return toldMs + ttlMs * RENEWED_AFTER;
}

/** What the decision is made from. */
export interface LeaseStanding {
  readonly typeUrl: string;
  readonly subscription: Subscription;
  readonly holdings: Holdings;
  readonly sets: ResourceSets;
  readonly set: ResourceSet | undefined;
}

export interface Renewals {
  /** As the client has them. */
  readonly standing: readonly Resource[];
  /** Names the client must have dropped: they are sent again as a whole. */
  readonly lost: readonly string[];
  /** Names that are gone, and that the client will have dropped by itself at a moment nobody hears of. */
  readonly ending: readonly string[];
}

export const NO_RENEWALS: Renewals = { standing: [], lost: [], ending: [] };

/**
 * What has to be said now so that nobody drops what stands. A client that refused the newest version is kept what it has; what the view
 * has lost runs out, unless nobody can say whether it is lost.
 */
export function renewals(leases: Leases, standing: LeaseStanding, nowMs: number): Renewals {
  const names = leases.due(nowMs);
  if (names.length === 0) return NO_RENEWALS;
  const held: Resource[] = [];
  const lost: string[] = [];
  const ending: string[] = [];
  for (const name of names) {
    if (held.length === RENEWED_MAX) break;
    const resource = heldOf(standing, name);
    if (!isKept(standing, name)) ending.push(name);
    else if (resource !== undefined && resource.ttlMs === undefined) leases.end(name);
    else if (leases.isOver(name, nowMs)) lost.push(name);
    else if (resource !== undefined) held.push(resource);
    // One of several that were refused together: which version it has is being found out.
    else leases.postpone(name, nowMs);
  }
  for (const name of lost) leases.postpone(name, nowMs);
  for (const name of ending) leases.end(name);
  return { standing: held, lost, ending };
}

/** What a client has from an earlier stream was renewed nobody knows when. */
export function hastenClaims(leases: Leases, { holdings, set }: Pick<LeaseStanding, "holdings" | "set">, nowMs: number): void {
  for (const name of holdings.names()) {
    const current = set?.resources.get(name);
    if (current !== undefined && holdings.claimedVersion(name) === current.version) leases.hasten(current, nowMs);
  }
}

function heldOf({ holdings, set }: LeaseStanding, name: string): Resource | undefined {
  const current = set?.resources.get(name);
  return holdings.accepted(name) ?? (current !== undefined && holdings.claimedVersion(name) === current.version ? current : undefined);
}

function isKept({ typeUrl, subscription, sets, set }: LeaseStanding, name: string): boolean {
  if (!subscription.covers(name)) return false;
  return set?.resources.has(name) === true || sets.absence(typeUrl, name).kind === "unavailable";
}

const TTL_FEATURE = "xds.config.supports-resource-ttl";
/** The documentation of the protocol knows it by both names. */
const WRAPPED_FEATURES = ["xds.config.resource-in-sotw", "xds.config.supports-resource-in-sotw"];

/** Whether a client says that it understands a time to live, which in SotW takes a wrapper around the resource (xDS rule R16). */
export function takesTtl(clientFeatures: readonly string[], variant: "sotw" | "delta"): boolean {
  if (!clientFeatures.includes(TTL_FEATURE)) return false;
  return variant === "delta" || WRAPPED_FEATURES.some((feature) => clientFeatures.includes(feature));
}
