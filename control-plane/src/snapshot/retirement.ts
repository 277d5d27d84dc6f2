// A service that its sources have lost keeps its Listener and Cluster, with an empty set, until nobody calls it: several
// gRPC clients never recover from a withdrawn one (invariant 9).

import type { Clock, ServiceName, Timer } from "@fairlead/shared";
import type { Confirmations } from "../records/index.js";
import { serviceSnapshot } from "./build.js";
import type { ServiceChange, ServiceSnapshot } from "./snapshot.js";

/** Who may still call a service. Implemented by whoever knows the streams. */
export interface ServiceUsage {
  usage(service: ServiceName): {
    /** Subscriptions now of clients that do not report what they call. */
    readonly byName: number;
    readonly byWildcard: number;
    /** Wall time since when nobody has reported a request to it. */
    readonly quietSinceMs: number;
  };
}

export const RETIRE_AFTER_MS = 600_000;
/** A wildcard says nothing of what is called: such subscribers keep a retired service this long. */
const WILDCARD_KEEPS_MS = 86_400_000;
/** How often a retired service that is in use is looked at again. */
const LOOK_AGAIN_MS = 60_000;
/** Beyond this the oldest retired services go at once. */
export const RETIRED_MAX = 1_000;

export interface RetirementDeps {
  readonly clock: Clock;
  readonly usage: ServiceUsage;
  /** Some retired service may be due. */
  readonly onDue: () => void;
}

export class Retirement {
  readonly #deps: RetirementDeps;
  /** Wall time since when each is retired. */
  readonly #retired = new Map<ServiceName, number>();
  #timer: Timer | undefined;

  constructor(deps: RetirementDeps) {
    this.#deps = deps;
  }

  /** The service without endpoints, as it is published from now on. */
  retire(service: ServiceSnapshot, nowMs: number, change: ServiceChange): ServiceSnapshot {
    if (service.origin.kind === "retired") return service;
    // It is retired because the guards let its last endpoint go: whoever guards behind us need not doubt that.
    const confirmed = service.confirmed ?? {
      sinceMs: nowMs,
      because: "every source has completely lost the service",
      before: service.endpoints.length,
    };
    const origin = { kind: "retired", sinceMs: nowMs } as const;
    return serviceSnapshot({ ...service, endpoints: [], awaiting: [], origin, confirmed, change }, undefined);
  }

  /** Takes what is published of a service from now on, whenever that changes. */
  note(name: ServiceName, service: ServiceSnapshot | undefined): void {
    if (service?.origin.kind === "retired") this.#retired.set(name, service.origin.sinceMs);
    else this.#retired.delete(name);
  }

  /** Retired services whose time is over, or whose end an operator confirmed; they are forgotten. Arms the clock for the rest. */
  due(confirmations: Confirmations["value"]): readonly ServiceName[] {
    const nowMs = this.#deps.clock.wallMs();
    const retired = [...this.#retired].map(([name, sinceMs]) => ({ name, sinceMs }));
    retired.sort((one, other) => one.sinceMs - other.sinceMs);
    const over = retired.length - RETIRED_MAX;
    const leaving = retired.filter(({ name, sinceMs }, index) => {
      const confirmed = (confirmations.get(name)?.atMs ?? 0) >= sinceMs;
      return confirmed || index < over || (nowMs - sinceMs >= RETIRE_AFTER_MS && !this.#inUse(name, sinceMs, nowMs));
    });
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const { name } of leaving) this.#retired.delete(name);
    if (this.#retired.size > 0) {
      const nextMs = Math.min(...[...this.#retired.values()].map((sinceMs) => sinceMs + RETIRE_AFTER_MS - nowMs));
      this.#timer = this.#deps.clock.schedule(Math.max(LOOK_AGAIN_MS, nextMs), this.#deps.onDue);
    }
    return leaving.map(({ name }) => name);
  }

  /** Without load reports a subscriber counts as calling; with them, who reported a request lately. */
  #inUse(name: ServiceName, sinceMs: number, nowMs: number): boolean {
    const { byName, byWildcard, quietSinceMs } = this.#deps.usage.usage(name);
    const wasCalled = nowMs - quietSinceMs < RETIRE_AFTER_MS;
    return wasCalled || byName > 0 || (byWildcard > 0 && nowMs - sinceMs < WILDCARD_KEEPS_MS);
  }

  close(): void {
    this.#timer?.cancel();
  }
}
