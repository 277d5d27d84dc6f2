// The room's runner: who is registered is checked, who leaves is forgotten, and what changes is told.

import {
  type Clock,
  type Closable,
  type EndpointId,
  type Keyed,
  KeyedCell,
  type Log,
  type Metrics,
  type Rng,
  type ServiceName,
  type Timer,
  type Watchable,
} from "@fairlead/shared";
import type { CheckSettings } from "../../config/index.js";
import type { RegisteredService } from "../../registry/index.js";
import type { HealthStatus, Opinion, Opinions } from "../opinion.js";
import { newCheckMetrics } from "./check-metrics.js";
import { EndpointCheck, type EndpointCheckDeps } from "./endpoint-check.js";
import type { Probe } from "./probe.js";
import { ProbeSlots } from "./probe-slots.js";
import { sameOpinion } from "./rise-fall.js";

/** A few hundred sockets, far below the usual 1,024 file descriptors; at 5 ms a probe it carries 50,000 a second. */
const MAX_PROBES = 256;

export interface CheckerDeps {
  readonly services: Keyed<ServiceName, RegisteredService>;
  /** How each service is checked; a reload sets another function. */
  readonly checks: Watchable<(service: ServiceName) => CheckSettings>;
  readonly probe: Probe;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Checks whoever is registered, weight 0 and draining included, until it is closed. */
export function newChecker(deps: CheckerDeps): Opinions & Closable {
  return new Checker(deps);
}

type ByEndpoint = ReadonlyMap<EndpointId, Opinion>;

interface CheckedService {
  /** As last read; an unchanged one costs a comparison of references. */
  endpoints: RegisteredService["endpoints"];
  check: CheckSettings;
  readonly checks: Map<EndpointId, EndpointCheck>;
}

class Checker implements Opinions, Closable {
  readonly opinions = new KeyedCell<ServiceName, ByEndpoint>();
  readonly #deps: CheckerDeps;
  readonly #endpointDeps: EndpointCheckDeps;
  readonly #slots = new ProbeSlots(MAX_PROBES);
  readonly #services = new Map<ServiceName, CheckedService>();
  /** Since when there is something to tell. */
  readonly #dirty = new Map<ServiceName, number>();
  #told: ReadonlyMap<ServiceName, number> = new Map();
  readonly #watches: readonly Closable[];
  #telling: Timer | undefined;

  constructor(deps: CheckerDeps) {
    this.#deps = deps;
    const { probe, clock, rng } = deps;
    const metrics = newCheckMetrics(deps.metrics, {
      countByStatus: () => this.#countByStatus(),
      waitingProbes: () => this.#slots.waiting,
    });
    const changed = (check: EndpointCheck, before: Opinion) => this.#changed(check, before);
    this.#endpointDeps = { probe, clock, rng, metrics, slots: this.#slots, changed };
    this.#watches = [
      deps.checks.watch((settingsOf) => this.#useSettings(settingsOf)),
      deps.services.watch((services, names) => {
        for (const name of names) this.#follow(name, services.get(name));
      }),
    ];
  }

  detail(service: ServiceName, endpoint: EndpointId): Opinion | undefined {
    return this.#services.get(service)?.checks.get(endpoint)?.health;
  }

  probeSoon(service: ServiceName, endpoint: EndpointId): void {
    this.#services.get(service)?.checks.get(endpoint)?.probeSoon();
  }

  noticedMs(service: ServiceName): number | undefined {
    return this.#told.get(service);
  }

  close(): void {
    for (const watch of this.#watches) void watch.close();
    for (const { checks } of this.#services.values()) for (const check of checks.values()) check.stop();
    this.#slots.clear();
    this.#telling?.cancel();
  }

  #follow(name: ServiceName, registered: RegisteredService | undefined): void {
    const checked = this.#services.get(name);
    if (registered === undefined) {
      for (const check of checked?.checks.values() ?? []) check.stop();
      this.#services.delete(name);
      this.#tellLater(name);
    } else if (registered.endpoints !== checked?.endpoints) {
      this.#followEndpoints(name, checked ?? this.#addService(name), registered.endpoints);
    }
  }

  #addService(name: ServiceName): CheckedService {
    const checked: CheckedService = {
      endpoints: new Map(),
      check: this.#deps.checks.value(name),
      checks: new Map(),
    };
    this.#services.set(name, checked);
    return checked;
  }

  #followEndpoints(service: ServiceName, checked: CheckedService, endpoints: RegisteredService["endpoints"]): void {
    const before = checked.endpoints;
    checked.endpoints = endpoints;
    for (const id of before.keys()) {
      if (endpoints.has(id)) continue;
      checked.checks.get(id)?.stop();
      checked.checks.delete(id);
    }
    for (const [id, { endpoint }] of endpoints) {
      if (before.get(id)?.endpoint === endpoint) continue;
      const known = checked.checks.get(id);
      if (known === undefined) {
        const target = { service, id, ip: endpoint.ip, port: endpoint.port, instance: endpoint.instance };
        checked.checks.set(id, new EndpointCheck(target, checked.check, this.#endpointDeps));
      } else if (restarted(known.target.instance, endpoint.instance))
        known.startAfresh("restarted as another instance, not checked yet", endpoint.instance);
      else if (endpoint.instance !== undefined) known.isNow(endpoint.instance);
    }
    this.#tellLater(service);
  }

  #useSettings(settingsOf: (service: ServiceName) => CheckSettings): void {
    for (const [name, checked] of this.#services) {
      const next = settingsOf(name);
      if (sameCheck(checked.check, next)) continue;
      checked.check = next;
      for (const check of checked.checks.values()) check.useCheck(next);
    }
  }

  #changed(check: EndpointCheck, before: Opinion): void {
    const { health } = check;
    if (sameOpinion(before, health)) return;
    const { service, id } = check.target;
    if (before.status !== health.status) {
      const fields = { service, endpoint: id, from: before.status, to: health.status, because: health.because };
      if (health.status === "unhealthy") this.#deps.log.warn("endpoint-health", fields);
      else this.#deps.log.info("endpoint-health", fields);
    }
    this.#tellLater(service);
  }

  /** The results of one moment become one change: each copies the maps of its service and of all services. */
  #tellLater(service: ServiceName): void {
    if (!this.#dirty.has(service)) this.#dirty.set(service, this.#deps.clock.nowMs());
    this.#telling ??= this.#deps.clock.schedule(0, () => this.#tell());
  }

  #tell(): void {
    this.#telling = undefined;
    this.#told = new Map(this.#dirty);
    this.#dirty.clear();
    this.opinions.update(Array.from(this.#told.keys(), (service) => [service, this.#opinionsOf(service)]));
    this.#told = new Map();
  }

  /** The service's opinions now; what did not change keeps its reference, up to the whole map. */
  #opinionsOf(service: ServiceName): ByEndpoint | undefined {
    const checked = this.#services.get(service);
    if (checked === undefined) return undefined;
    const before = this.opinions.value.get(service);
    const next = new Map<EndpointId, Opinion>();
    let kept = 0;
    for (const [id, { health }] of checked.checks) {
      const was = before?.get(id);
      const same = was !== undefined && sameOpinion(was, health);
      next.set(id, same ? was : health);
      if (same) kept += 1;
    }
    return before !== undefined && kept === next.size && kept === before.size ? before : next;
  }

  #countByStatus(): ReadonlyMap<HealthStatus, number> {
    const counts = new Map<HealthStatus, number>([
      ["unknown", 0],
      ["healthy", 0],
      ["unhealthy", 0],
    ]);
    for (const { checks } of this.#services.values()) {
      for (const { health } of checks.values()) counts.set(health.status, (counts.get(health.status) ?? 0) + 1);
    }
    return counts;
  }
}

/** Only two names that differ say so: a source that knows no instances takes nothing back. */
function restarted(before: string | undefined, now: string | undefined): now is string {
  return before !== undefined && now !== undefined && before !== now;
}

/** Equal settings in another object. */
export function sameCheck(one: CheckSettings, other: CheckSettings): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
