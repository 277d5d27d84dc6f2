// The rooms around health, joined: it checks what the registry knows, and what it finds ends holds there.

import { Cell, type Closable, type EndpointId, type ServiceName } from "@fairlead/shared";
import type { ServiceSettings } from "./config/index.js";
import { Judge, NO_CALLERS, NO_VOTES, newChecker } from "./health/index.js";
import type { Confirmations } from "./records/index.js";
import type { LiveRegistry } from "./registry/index.js";
import { publishedEndpoint, type ServiceSnapshot } from "./snapshot/index.js";
import type { World } from "./world.js";

export interface Around {
  readonly registry: LiveRegistry;
  readonly confirmations: Confirmations;
  /** What is in force now. */
  readonly settingsOf: (service: ServiceName) => ServiceSettings;
  readonly published: (service: ServiceName) => ServiceSnapshot | undefined;
}

export interface JoinedHealth {
  readonly judge: Judge;
  /** Takes the checks that are configured now. */
  configure(): void;
  readonly closables: readonly Closable[];
}

export function joinHealth(world: World, around: Around): JoinedHealth {
  const { registry, settingsOf, published } = around;
  const { services } = registry;
  const checks = new Cell((service: ServiceName) => settingsOf(service).check);
  const checker = newChecker({ ...world, services, checks });
  const served = (service: ServiceName, endpoint: EndpointId) => {
    const entry = publishedEndpoint(published(service), endpoint);
    return entry?.health === "healthy" ? entry : undefined;
  };
  const judge = new Judge({ ...world, ...around, served, services, checks: checker, callers: NO_CALLERS, votes: NO_VOTES });
  const { verdicts } = judge;
  registry.useEvidence({ verdict: (service, endpoint) => verdicts.value.get(service)?.get(endpoint) });
  const evidence = verdicts.watch((_all, changed) => registry.reconsider(changed));
  return { judge, configure: () => checks.set((service) => settingsOf(service).check), closables: [checker, judge, evidence] };
}
