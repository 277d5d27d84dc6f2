import { type EndpointId, newMetrics, type ServiceName } from "@fairlead/shared";
import { FakeClock, RecordedLog } from "@fairlead/shared/testing";
import type { MembershipSettings } from "../../config/index.js";
import { type FakeSource, idOf } from "../../discovery/testing/fake-source.js";
import { Records } from "../../records/index.js";
import { settingsWith } from "../../snapshot/testing/settings.js";
import { LiveRegistry, type RememberedService } from "../live-registry.js";
import type { Witness } from "../members.js";

export const SHOP = "shop" as ServiceName;

export interface RegistryOptions extends Partial<MembershipSettings> {
  readonly remembered?: RememberedService;
}

/** A registry over sources, checks and an operator that do what the test says. */
export function registryUnderTest(sources: readonly FakeSource[], { remembered, ...over }: RegistryOptions = {}) {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const metrics = newMetrics();
  const records = new Records(clock);
  const known = new Map(remembered === undefined ? [] : [[SHOP, remembered] as const]);
  const registry = new LiveRegistry({ clock, log, metrics, confirmations: records.confirmations, remembered: known });
  const witnesses = new Map<EndpointId, Witness>();
  registry.useEvidence({ verdict: (_service, endpoint) => witnesses.get(endpoint) });
  const configure = (next: Partial<MembershipSettings>) =>
    registry.configure({ sources, services: new Map(), defaults: settingsWith(next) });
  configure(over);
  const entryOf = (port: number, service = SHOP) => registry.services.value.get(service)?.endpoints.get(idOf(port));
  return {
    clock,
    log,
    metrics,
    registry,
    configure,
    entryOf,
    holdOf: (port: number, service = SHOP) => entryOf(port, service)?.hold,
    ports: (service = SHOP) =>
      [...(registry.services.value.get(service)?.endpoints.values() ?? [])].map(({ endpoint }) => endpoint.port).sort((a, b) => a - b),
    confirm: (service = SHOP) => records.confirm(service, { author: "ops", reason: "seen it" }),
    /** What a check concludes of an endpoint from now on. */
    witness: (port: number, witness: Witness) => {
      witnesses.set(idOf(port), witness);
      registry.reconsider(new Set([SHOP]));
    },
    confirmedMark: () => registry.services.value.get(SHOP)?.confirmed,
  };
}
