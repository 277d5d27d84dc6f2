// One sidecar's balancing without its network: the real cluster table and pickers over a service whose endpoints a bench decides.

import { Cell, endpointId, type Rng, seeded } from "@fairlead/shared";
import { RecordedLog } from "@fairlead/shared/testing";
import { type Lease, newPicker } from "@fairlead/sidecar/balancer";
import { Clusters } from "@fairlead/sidecar/clusters";
import type { AppliedResources, ClusterConfig, EndpointState, PickPolicy, UpstreamEndpoint } from "@fairlead/sidecar/endpoint";
import { connectEjection } from "@fairlead/sidecar/resilience";
import type { EventClock } from "./event-clock.js";

export interface CallerOptions {
  readonly policy: PickPolicy;
  readonly clock: EventClock;
  readonly seed: number;
  readonly config?: Partial<ClusterConfig>;
}

const ON_A_WIRE: Omit<ClusterConfig, "picking"> = {
  name: "shop",
  version: "1",
  protocol: "http1",
  slowStart: undefined,
  weighsLocalities: false,
  connectTimeoutMs: 1_000,
  retryBudgetPercent: 20,
  maxRequests: 1_000_000,
  panicPercent: 50,
};

/** With the defaults of the xDS schema. */
export function pickingBy(policy: PickPolicy, balancePercent?: number): ClusterConfig["picking"] {
  const tables = { ringSize: { least: 1_024, most: 8_388_608 }, tableSize: 65_537, balancePercent };
  const reports = { blackoutMs: 10_000, expirationMs: 180_000, updateMs: 1_000, errorPenalty: 1 };
  return { policy, choices: 2, ...tables, reports };
}

export class Caller {
  readonly rng: Rng;
  readonly #clock: EventClock;
  readonly #config: ClusterConfig;
  readonly #applied = new Cell<AppliedResources>({ clusters: new Map(), assignments: new Map(), routes: new Map() });
  readonly #clusters: Clusters;
  #versions = 0;
  /** Ejections that began since the start, of whoever is or was an endpoint. */
  ejections = 0;

  constructor({ policy, clock, seed, config = {} }: CallerOptions) {
    this.rng = seeded(seed);
    this.#clock = clock;
    this.#config = { ...ON_A_WIRE, picking: pickingBy(policy), ...config };
    const ejection = {
      ...connectEjection,
      connectFailed: (state: EndpointState, nowMs: number) => {
        const before = state.ejections;
        connectEjection.connectFailed(state, nowMs);
        if (state.ejections > before) this.ejections++;
      },
    };
    this.#clusters = new Clusters({
      applied: this.#applied,
      verdicts: new Cell({ kind: "current" as const }),
      newPicker: ({ picking: by }, { groups }, memory) => newPicker({ picking: by, groups }, { rng: this.rng, ejection, memory }),
      clock,
      log: new RecordedLog(),
    });
  }

  /** A new assignment, in this order. */
  endpointsAre(endpoints: readonly UpstreamEndpoint[]): void {
    const version = String(++this.#versions);
    const assignment = { name: "shop", version, endpoints, overprovisioningPercent: 140, countsWeights: false, confirmed: false };
    this.#applied.set({ clusters: new Map([["shop", this.#config]]), assignments: new Map([["shop", assignment]]), routes: new Map() });
  }

  get states(): readonly EndpointState[] {
    return this.#clusters.table.value.get("shop")?.endpoints ?? [];
  }

  pick(hash?: number): Lease {
    const pick = this.#clusters.table.value.get("shop")?.picker.pick({ nowMs: this.#clock.nowMs(), exclude: [], hash });
    if (pick?.kind !== "picked") throw new Error("nobody to pick");
    return pick.lease;
  }
}

/** The endpoint of number `index`, healthy. */
export function endpointOf(index: number, change: Partial<UpstreamEndpoint> = {}): UpstreamEndpoint {
  const address = { ip: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`, port: 80 };
  const standing = { zone: "a", subZone: "", localityWeight: 0, priority: 0 };
  return {
    ...address,
    id: endpointId(address),
    weight: 100,
    ...standing,
    health: "healthy",
    instance: undefined,
    ramp: undefined,
    ...change,
  };
}

export function endpointsOf(count: number): readonly UpstreamEndpoint[] {
  return Array.from({ length: count }, (_, index) => endpointOf(index));
}

export function shuffled<T>(items: readonly T[], rng: Rng): readonly T[] {
  const left = [...items];
  for (let index = left.length - 1; index > 0; index--) {
    const other = Math.floor(rng.next() * (index + 1));
    [left[index], left[other]] = [left[other] as T, left[index] as T];
  }
  return left;
}

export interface Arrivals {
  readonly perSecond: number;
  readonly untilMs: number;
  readonly rng: Rng;
}

/** Poisson arrivals. */
export function arrivals(clock: EventClock, { perSecond, untilMs, rng }: Arrivals, arrive: () => void): void {
  const next = () => {
    if (clock.nowMs() >= untilMs) return;
    arrive();
    clock.schedule((-Math.log(1 - rng.next()) * 1_000) / perSecond, next);
  };
  next();
}
