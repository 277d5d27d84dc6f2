import { RESOURCE_TYPES } from "@fairlead/proto";
import type { AppliedResources, Assignment, ClusterConfig, RouteConfig } from "../endpoint/index.js";
import type { DecodedResource, RawResource } from "./decode.js";

/** The types this sidecar subscribes to, in the order of make before break (xDS rule R28): cluster, assignment, route. */
export const SUBSCRIBED_TYPES: readonly string[] = [RESOURCE_TYPES.cluster, RESOURCE_TYPES.assignment, RESOURCE_TYPES.routeConfiguration];

/** Where the resource in force came from. `atMs` is wall time: of its arrival, or of the save it was read from. */
export interface Origin {
  readonly kind: "live" | "disk";
  readonly atMs: number;
}

/** A resource in force: the last version that decoded. */
export interface HeldResource extends RawResource {
  readonly origin: Origin;
  /** The control plane removed it: in force until it is dropped (see `withdraw`). */
  readonly withdrawn: boolean;
}

interface Entry extends HeldResource {
  readonly decoded: DecodedResource;
}

const NOTHING: AppliedResources = { clusters: new Map(), assignments: new Map(), routes: new Map() };

/**
 * What is in force, by type and name, as bytes and decoded. `applied` is immutable: a change makes new maps, and an
 * unchanged resource keeps its reference (invariant 6). Bounded by the subscription: three resources per upstream.
 */
export class HeldResources {
  readonly #types = new Map<string, Map<string, Entry>>(SUBSCRIBED_TYPES.map((typeUrl) => [typeUrl, new Map()]));
  #applied = NOTHING;
  #stale = false;

  /** Puts a resource in force. @returns false when the same bytes were in force already, whose reference then stays. */
  put(raw: RawResource, decoded: DecodedResource, origin: Origin): boolean {
    const entries = this.#entries(raw.typeUrl);
    const before = entries.get(raw.name);
    if (before !== undefined && before.version === raw.version && before.value.equals(raw.value)) {
      entries.set(raw.name, { ...before, origin, withdrawn: false });
      return false;
    }
    // A copy: the bytes are a view into the whole response, which would stay in memory with them.
    entries.set(raw.name, { ...raw, value: Buffer.from(raw.value), decoded, origin, withdrawn: false });
    this.#stale = true;
    return true;
  }

  /**
   * A removal. It takes nothing out of force by itself: whoever means to empty a service sends an empty assignment first,
   * and a control plane that lost its state or its list removes without meaning it (invariants 2 and 9). What was removed
   * stays, marked, until `drop`. Without its cluster an assignment or route is of no use and goes at once.
   * @returns false when the name was not held
   */
  withdraw(typeUrl: string, name: string): boolean {
    const entries = this.#entries(typeUrl);
    const entry = entries.get(name);
    if (entry === undefined) return false;
    if (this.has(RESOURCE_TYPES.cluster, name)) entries.set(name, { ...entry, withdrawn: true });
    else {
      entries.delete(name);
      this.#stale = true;
    }
    return true;
  }

  /** Takes out of force what was removed of this service. */
  drop(name: string): void {
    for (const entries of this.#types.values()) {
      if (entries.get(name)?.withdrawn === true) entries.delete(name);
    }
    this.#stale = true;
  }

  has(typeUrl: string, name: string): boolean {
    return this.#types.get(typeUrl)?.has(name) ?? false;
  }

  /** For `initial_resource_versions` (xDS rule R25). Without withdrawn ones, so that the server says again what they are. */
  versions(typeUrl: string): Readonly<Record<string, string>> {
    const kept = [...this.#entries(typeUrl).values()].filter((entry) => !entry.withdrawn);
    return Object.fromEntries(kept.map((entry) => [entry.name, entry.version]));
  }

  all(): readonly HeldResource[] {
    return [...this.#types.values()].flatMap((entries) => [...entries.values()].map(withoutDecoded));
  }

  get applied(): AppliedResources {
    if (this.#stale) this.#applied = this.#decodedMaps();
    this.#stale = false;
    return this.#applied;
  }

  #decodedMaps(): AppliedResources {
    const clusters = new Map<string, ClusterConfig>();
    const assignments = new Map<string, Assignment>();
    const routes = new Map<string, RouteConfig>();
    for (const entries of this.#types.values()) {
      for (const [name, { decoded }] of entries) {
        if (decoded.kind === "cluster") clusters.set(name, decoded.value);
        else if (decoded.kind === "assignment") assignments.set(name, decoded.value);
        else routes.set(name, decoded.value);
      }
    }
    return { clusters, assignments, routes };
  }

  #entries(typeUrl: string): Map<string, Entry> {
    const entries = this.#types.get(typeUrl);
    if (entries === undefined) throw new Error(`${typeUrl} is not a type this sidecar holds`);
    return entries;
  }
}

function withoutDecoded({ decoded: _, ...held }: Entry): HeldResource {
  return held;
}
