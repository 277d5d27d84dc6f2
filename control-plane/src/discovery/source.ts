// The seam between whoever announces endpoints and the registry.

import type { Closable, EndpointId, Keyed, ServiceName, Watchable } from "@fairlead/shared";

export interface Endpoint {
  readonly id: EndpointId;
  /** Canonical IP, without brackets. */
  readonly ip: string;
  readonly port: number;
  /** 0 to 10000; 0 drains. */
  readonly weight: number;
  readonly zone: string;
  /** Identity of the process behind the address (Curator id, pod uid): same id and new instance means restarted. */
  readonly instance?: string;
  /** 0 (where absent) is used first; a higher number only while the lower ones cannot serve (the priority of SRV records). */
  readonly priority?: number;
  /** What else the registration says about it, for people: shown, never interpreted. At most `MAX_METADATA_KEYS` short strings. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The source itself says that this one is leaving or not to be used (status OUT_OF_SERVICE, disabled); the reason. */
  readonly draining?: string;
  /** Where exactly it was announced: `file:line:column`, znode path, DNS name and type. */
  readonly place: string;
}

/** A member that could not be read: it is listed with its reason and costs the others nothing. */
export interface Quarantined {
  readonly place: string;
  readonly reason: string;
}

export type Completeness = { readonly kind: "complete" } | { readonly kind: "partial"; readonly reason: string };

/** What one source says about one service at one moment. Only a complete reading can remove. */
export interface Reading {
  readonly endpoints: ReadonlyMap<EndpointId, Endpoint>;
  readonly quarantined: readonly Quarantined[];
  readonly completeness: Completeness;
  /** The source's own version of this reading (zxid, serial), where it has one. */
  readonly mark?: string;
}

/** "I do not know yet", "this is what I see" and "this is what I saw before I lost sight" are three answers. */
export type ServiceReading =
  | { readonly kind: "pending"; readonly cause?: string }
  /** `noticedMs` is when the source noticed, on the monotonic clock, that there is something new, where it had to read it then. */
  | { readonly kind: "seen"; readonly reading: Reading; readonly noticedMs?: number }
  /** `sinceMs` is wall time. */
  | { readonly kind: "stale"; readonly reading: Reading; readonly sinceMs: number; readonly cause: string };

/** Which services the source has, as opposed to who is in them. A service missing from a `seen` complete listing does not exist there. */
export type ListingState =
  | { readonly kind: "pending"; readonly cause?: string }
  | { readonly kind: "seen"; readonly completeness: Completeness; readonly quarantined: readonly Quarantined[] }
  | { readonly kind: "stale"; readonly sinceMs: number; readonly cause: string; readonly quarantined: readonly Quarantined[] };

/** What a source can say of its own connection, for people: shown, never interpreted. */
export type SourceDetail = Readonly<Record<string, string | number>>;

export interface Source extends Closable {
  readonly name: string;
  readonly type: "static" | "file" | "zookeeper" | "dns";
  readonly listing: Watchable<ListingState>;
  readonly services: Keyed<ServiceName, ServiceReading>;
  /**
   * Wall time until which the source distrusts its own complete readings, because it was disturbed (session lost,
   * reconnected): removals wait until then. 0 when calm.
   */
  readonly disturbedUntilMs: Watchable<number>;
  detail?(): SourceDetail;
  /** An operator says that what this source says of the service is meant, whatever it doubts of its own. */
  confirmed?(service: ServiceName): void;
  /** Reads again now, without waiting for a watch, a timer or a TTL. */
  refresh(service?: ServiceName): void;
}
