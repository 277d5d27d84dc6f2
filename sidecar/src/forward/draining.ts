// Who has to leave an endpoint that is on its way out, and when. Time and luck come from outside.

import type { Rng } from "@fairlead/shared";
import { type ActiveCluster, type ClusterTable, isAnotherInstance } from "../clusters/index.js";
import type { EndpointState } from "../endpoint/index.js";

/** An hour: longer is no end. */
const MAX_DRAIN_MS = 3_600_000;
/** Of the window: an answer under way has the rest of it to come to its end. */
const ANSWERS_FROM = 0.75;

/** A connection that may outlive its endpoint's place in the list. */
export interface DrainingTenant {
  /** Where it is connected to now; undefined where nowhere. */
  readonly endpoint: EndpointState | undefined;
  readonly service: string | undefined;
  /** What keeps it there: another one is another stay. */
  readonly occupancy: object | undefined;
  /** It ends when its two sides like (WebSocket, TCP), not with an answer. */
  readonly isOpenEnded: boolean;
  /** Ends the stay. */
  sendAway(): void;
}

/** An endpoint that connections have to leave. */
export interface LeavingEndpoint {
  readonly service: string;
  readonly id: string;
  readonly because: "removed" | "draining" | "replaced";
  /** As last counted. */
  readonly connections: number;
  /** Monotonic. */
  readonly untilMs: number;
}

interface Leaving {
  readonly service: string;
  readonly state: EndpointState;
  readonly because: LeavingEndpoint["because"];
  untilMs: number;
  readonly dues: WeakMap<object, number>;
  connections: number;
}

export interface DrainingOptions {
  readonly rng: Rng;
  /** Unless the endpoint's own `drain_until_ms` says otherwise. */
  readonly windowMs: number;
}

/**
 * An endpoint leaves when it is no longer listed, drains, or another instance took its address. Its open-ended connections end
 * one by one, spread evenly over the time that is left, so that neither their callers nor the endpoints they move to meet them all
 * at once. Nobody is sent away while there is nowhere to go (a service that is empty or drains as a whole keeps what it has), nor from
 * an endpoint that stands by; and who returns in time is not left.
 */
export class Draining {
  readonly #rng: Rng;
  readonly #windowMs: number;
  /** Only those that somebody has to leave. */
  readonly #leaving = new Map<EndpointState, Leaving>();
  readonly #moved = new Map<string, number>();

  constructor({ rng, windowMs }: DrainingOptions) {
    this.#rng = rng;
    this.#windowMs = windowMs;
  }

  /** Whether there is anybody to look after. */
  get isActive(): boolean {
    return this.#leaving.size > 0;
  }

  get endpoints(): readonly LeavingEndpoint[] {
    return [...this.#leaving.values()].map(({ service, state, because, connections, untilMs }) => ({
      ...{ service, id: state.endpoint.id, because, connections, untilMs },
    }));
  }

  /** Stays that were ended so far, by service. */
  get moved(): ReadonlyMap<string, number> {
    return this.#moved;
  }

  onTable(table: ClusterTable, tenants: Iterable<DrainingTenant>, { nowMs, wallMs }: Moment): void {
    const occupied = new Map<EndpointState, string>();
    for (const { endpoint, service } of tenants) if (endpoint !== undefined && service !== undefined) occupied.set(endpoint, service);
    const listed = new Listed(table);
    for (const [state, service] of occupied) {
      const because = listed.reasonToLeave(state, service);
      if (because === undefined) this.#leaving.delete(state);
      else if (!this.#leaving.has(state)) this.#begin(state, { service, because }, { nowMs, wallMs });
    }
    for (const state of this.#leaving.keys()) if (!occupied.has(state)) this.#leaving.delete(state);
  }

  #begin(state: EndpointState, why: Pick<Leaving, "service" | "because">, { nowMs, wallMs }: Moment): void {
    const { drainUntilMs } = state.endpoint;
    const windowMs = drainUntilMs === undefined ? this.#windowMs : Math.min(MAX_DRAIN_MS, Math.max(0, drainUntilMs - wallMs));
    this.#leaving.set(state, { ...why, state, untilMs: nowMs + windowMs, dues: new WeakMap(), connections: 0 });
  }

  /** An operator's word: whoever is to leave this service's endpoints leaves now. @returns how many endpoints that concerns */
  endNow(service: string, nowMs: number): number {
    const concerned = [...this.#leaving.values()].filter((leaving) => leaving.service === service);
    for (const leaving of concerned) leaving.untilMs = nowMs;
    return concerned.length;
  }

  /** Ends the stays whose time has come, and plans those that are new. */
  sweep(tenants: Iterable<DrainingTenant>, nowMs: number): void {
    for (const leaving of this.#leaving.values()) leaving.connections = 0;
    const late: DrainingTenant[] = [];
    const unplanned = new Map<Leaving, DrainingTenant[]>();
    for (const tenant of tenants) {
      const { endpoint, occupancy } = tenant;
      const leaving = endpoint === undefined ? undefined : this.#leaving.get(endpoint);
      if (leaving === undefined || occupancy === undefined) continue;
      leaving.connections++;
      const dueMs = leaving.dues.get(occupancy);
      if (nowMs >= leaving.untilMs || (dueMs !== undefined && nowMs >= dueMs)) late.push(tenant);
      else if (dueMs === undefined) unplanned.set(leaving, [...(unplanned.get(leaving) ?? []), tenant]);
    }
    for (const [leaving, found] of unplanned) this.#plan(leaving, found, nowMs);
    for (const tenant of late) this.#sendAway(tenant);
    for (const [state, leaving] of this.#leaving) if (leaving.connections === 0) this.#leaving.delete(state);
  }

  #sendAway(tenant: DrainingTenant): void {
    const { service = "" } = tenant;
    this.#moved.set(service, (this.#moved.get(service) ?? 0) + 1);
    tenant.sendAway();
  }

  #plan({ untilMs, dues }: Leaving, tenants: readonly DrainingTenant[], nowMs: number): void {
    const plan = (some: readonly DrainingTenant[], fromMs: number): void => {
      for (const [index, dueMs] of spread(some.length, fromMs, untilMs, this.#rng).entries()) {
        const occupancy = some[index]?.occupancy;
        if (occupancy !== undefined) dues.set(occupancy, dueMs);
      }
    };
    plan(
      tenants.filter(({ isOpenEnded }) => isOpenEnded),
      nowMs,
    );
    plan(
      tenants.filter(({ isOpenEnded }) => !isOpenEnded),
      nowMs + (untilMs - nowMs) * ANSWERS_FROM,
    );
  }
}

/** `count` instants, one in each of as many equal parts of the time, in no order. */
export function spread(count: number, fromMs: number, untilMs: number, rng: Rng): readonly number[] {
  const dues = Array.from({ length: count }, (_, index) => fromMs + ((untilMs - fromMs) * (index + rng.next())) / count);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(rng.next() * (last + 1));
    [dues[last], dues[other]] = [dues[other] ?? 0, dues[last] ?? 0];
  }
  return dues;
}

interface Moment {
  readonly nowMs: number;
  readonly wallMs: number;
}

/** Who is listed, by service and id. */
class Listed {
  readonly #table: ClusterTable;
  readonly #states = new Map<string, ReadonlyMap<string, EndpointState>>();

  constructor(table: ClusterTable) {
    this.#table = table;
  }

  reasonToLeave(state: EndpointState, service: string): LeavingEndpoint["because"] | undefined {
    const cluster = this.#table.get(service);
    if (cluster === undefined) return undefined;
    const { mode } = cluster.candidates;
    if (mode === "none" || mode === "draining" || cluster.standby.includes(state)) return undefined;
    const now = this.#statesOf(cluster).get(state.endpoint.id)?.endpoint;
    if (now === undefined) return "removed";
    if (isAnotherInstance(state.endpoint.instance, now.instance)) return "replaced";
    return now.health === "draining" ? "draining" : undefined;
  }

  #statesOf({ name, endpoints }: ActiveCluster): ReadonlyMap<string, EndpointState> {
    let states = this.#states.get(name);
    if (states === undefined) {
      states = new Map(endpoints.map((state) => [state.endpoint.id, state]));
      this.#states.set(name, states);
    }
    return states;
  }
}

/**
 * Of the services that changed, whether a connection that lies idle may be used again: not to endpoints that left or drain, nor to those
 * that a verdict that is believed calls unhealthy. In panic nobody is believed, and a connection that works is worth more than a verdict.
 */
export function* fitForReuse(before: ClusterTable, after: ClusterTable): Iterable<readonly [EndpointState, boolean]> {
  for (const [name, { endpoints, standby }] of before) {
    const now = after.get(name);
    if (now === before.get(name)) continue;
    const there = new Set([...(now?.endpoints ?? []), ...(now?.standby ?? [])]);
    for (const state of [...endpoints, ...standby]) if (!there.has(state)) yield [state, false];
  }
  for (const [name, cluster] of after) {
    if (cluster === before.get(name)) continue;
    const doubts = cluster.verdictsExpired || cluster.candidates.mode !== "healthy";
    for (const state of cluster.standby) yield [state, true];
    for (const state of cluster.endpoints) {
      const { health } = state.endpoint;
      yield [state, doubts || (health !== "unhealthy" && health !== "draining")];
    }
  }
}
