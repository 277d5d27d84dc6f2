// What the server serves. This room knows nothing of services: names, types, versions and bytes.

import type { JsonObject } from "@fairlead/proto";
import type { Watchable } from "@fairlead/shared";

/** One resource that another one leads to. */
export interface Reference {
  readonly typeUrl: string;
  readonly name: string;
}

/** What made a resource what it is. Both on the clock the server runs on (`Clock.nowMs`). */
export interface ResourceChange {
  /** When what changed it was observed. */
  readonly eventMs: number;
  /** When the view had it. */
  readonly publishedMs: number;
}

export interface Resource {
  readonly name: string;
  /** Content hash of `value` (and of `metadata` and `ttlMs` where present). */
  readonly version: string;
  /** The encoded message, shared by every stream that gets it. */
  readonly value: Buffer;
  /**
   * What a client must have before this is of use to it: with gates on, a resource whose references are new to the client waits until
   * it has them. Nothing waits for a reference that is not in the view.
   */
  readonly requires?: readonly Reference[];
  /** Of a Cluster: the assignment it takes, where that does not bear the cluster's name (`eds_cluster_config.service_name`). */
  readonly assignment?: string;
  /** `Resource.metadata`, by namespace; only the delta variant can carry it. */
  readonly metadata?: Readonly<Record<string, JsonObject>>;
  /**
   * How long a client keeps it without hearing from us, for one that can (xDS rule R31): it is told in time that the resource stands, so
   * that the time runs out only once this server, or the way to it, is gone.
   */
  readonly ttlMs?: number;
  /** The last few changes of this resource where they are known, oldest first: how long they take to arrive is told to the observer. */
  readonly changes?: readonly ResourceChange[];
}

/** The resources of one type in one view. */
export interface ResourceSet {
  /** SotW `version_info`: hash over the sorted (name, version) list. */
  readonly version: string;
  /** Shown in place of `version` and of the position; never compared. */
  readonly label?: string;
  readonly resources: ReadonlyMap<string, Resource>;
}

/** Why a name is not among the resources: because it does not exist, or because nobody can say yet. */
export type Absence =
  | { readonly kind: "not-found"; readonly reason: string }
  /** `sinceMs` is wall time. */
  | { readonly kind: "unavailable"; readonly reason: string; readonly sinceMs: number };

/** Everything one view of the world holds. Immutable; unchanged sets and resources keep their reference. */
export interface ResourceSets {
  /** Order label, `system_version_info` of delta responses; never compared by this library. */
  readonly position: string;
  /** By type URL. A type that is not a key is not served. */
  readonly types: ReadonlyMap<string, ResourceSet>;
  absence(typeUrl: string, name: string): Absence;
  /** Whether a wildcard answer would name everything there is. */
  readonly complete: boolean;
  /** A first request that has nothing to lose is answered with what is known although `complete` is false. */
  readonly answerNewcomers: boolean;
  /**
   * Whether a resource is from an earlier run, and nobody has said yet that it still holds: a client that may have a newer one from
   * elsewhere is not sent it. Absent: none is.
   */
  isProvisional?(typeUrl: string, name: string): boolean;
}

/** What a client says of itself in the first request of a stream (xDS rule R4). */
export interface XdsNode {
  readonly id: string;
  readonly cluster: string;
  readonly zone: string;
  readonly userAgentName: string;
  readonly userAgentVersion: string;
  readonly clientFeatures: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

export type ViewOf = (node: XdsNode) => Watchable<ResourceSets>;
