// Who has to leave an endpoint that is on its way out, and when. Time and luck come from outside.

import type { Rng } from "@fairlead/shared";
import type { ActiveCluster, ClusterTable } from "../clusters/index.js";
import type { EndpointState } from "../endpoint/index.js";

/** An hour: longer is no end. */
const MAX_DRAIN_MS = 3_600_000;
/** Of the window: an answer under way has the rest of it to come to its end. */
const ANSWERS_FROM = 0.75;

/** A connection that may outlive its endpoint's place in the list. */
export interface DrainingTenant {
  /** Where it is connected to now; undefined where nowhere. */
  readonly endpoint: EndpointState | undefined;
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
  sinceMs: number;
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
 * at once. Nobody is sent away while there is nowhere to go: a service that is empty or drains as a whole keeps what it has.
 */
export class Draining {
  readonly #rng: Rng;
  readonly #windowMs: number;
  readonly #leaving = new Map<EndpointState, Leaving>();
  #table: ClusterTable = new Map();
  /** Every endpoint that is listed, and those that left a service with nobody else. */
  #homes = new Map<EndpointState, string>();

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

  onTable(table: ClusterTable, nowMs: number, wallMs: number): void {
    if (table === this.#table) return;
    const homes = new Map<EndpointState, string>();
    for (const cluster of table.values()) for (const state of cluster.endpoints) homes.set(state, cluster.name);
    // Those that are gone already are known here alone.
    const known = new Map([...this.#homes, ...homes]);
    for (const { state, service } of this.#leaving.values()) known.set(state, service);
    this.#table = table;
    this.#homes = homes;
    for (const [state, service] of known) {
      const because = reasonToLeave(state, table.get(service), homes.has(state));
      if (because === undefined) {
        // Whoever waits for somewhere to go is not forgotten.
        if (!homes.has(state) && table.has(service)) homes.set(state, service);
        this.#leaving.delete(state);
        continue;
      }
      if (this.#leaving.has(state)) continue;
      const { drainUntilMs } = state.endpoint;
      const windowMs = drainUntilMs === undefined ? this.#windowMs : Math.min(MAX_DRAIN_MS, Math.max(0, drainUntilMs - wallMs));
      const dues = new WeakMap<object, number>();
      this.#leaving.set(state, { service, state, because, sinceMs: nowMs, untilMs: nowMs + windowMs, dues, connections: 0 });
    }
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
    for (const tenant of late) tenant.sendAway();
    for (const [state, leaving] of this.#leaving) {
      // A draining endpoint that is listed stays shown; what comes back to it later has to leave at once.
      if (leaving.connections === 0 && !this.#homes.has(state)) this.#leaving.delete(state);
    }
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

function reasonToLeave(
  state: EndpointState,
  cluster: ActiveCluster | undefined,
  isListed: boolean,
): LeavingEndpoint["because"] | undefined {
  if (cluster === undefined) return undefined;
  const { mode } = cluster.candidates;
  if (mode === "none" || mode === "draining") return undefined;
  if (isListed) return state.endpoint.health === "draining" ? "draining" : undefined;
  return cluster.endpoints.some(({ endpoint }) => endpoint.id === state.endpoint.id) ? "replaced" : "removed";
}

/**
 * Endpoints to which a connection that lies idle may be used again: not those that left or drain, nor those that a verdict that is
 * believed calls unhealthy. In panic nobody is believed, and a connection that works is worth more than a verdict.
 */
export function fitForReuse(table: ClusterTable): ReadonlySet<EndpointState> {
  const fit = new Set<EndpointState>();
  for (const { endpoints, candidates, verdictsExpired } of table.values()) {
    const doubts = verdictsExpired || candidates.mode !== "healthy";
    for (const state of endpoints) {
      const { health } = state.endpoint;
      if (doubts || (health !== "unhealthy" && health !== "draining")) fit.add(state);
    }
  }
  return fit;
}
