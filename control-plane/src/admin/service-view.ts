import type { EndpointId, ServiceName } from "@fairlead/shared";
import type { Contribution, RegisteredEndpoint, RegisteredService } from "../registry/index.js";
import type { ServiceSnapshot } from "../snapshot/index.js";
import { endpointView, outcomeOf } from "./endpoint-view.js";
import type { AdminState } from "./state.js";
import { ageSeconds, iso } from "./time.js";

/** Every name anybody knows: registered, published (retired ones too) or withheld; sorted. */
export function serviceNames({ registry, snapshot }: AdminState): readonly ServiceName[] {
  const { services, withheld } = snapshot.value;
  return [...new Set([...registry.services.value.keys(), ...services.keys(), ...withheld.keys()])].sort();
}

export function serviceSummary(state: AdminState, name: ServiceName) {
  const registered = state.registry.services.value.get(name);
  const published = state.snapshot.value.services.get(name);
  const counts = { serving: 0, reduced: 0, out: 0, held: 0 };
  for (const entry of registered?.endpoints.values() ?? []) {
    counts[outcomeOf(factsOf(state, name, entry)).outcome]++;
    if (entry.hold !== undefined) counts.held++;
  }
  return {
    name: name as string,
    ...standingOf(state, name, published),
    ...(published === undefined ? {} : { version: published.version }),
    endpoints: counts,
    stale: registered?.contributions.some((contribution) => contribution.state === "stale") ?? false,
  };
}

export function serviceView(state: AdminState, name: ServiceName) {
  const registered = state.registry.services.value.get(name);
  const settings = state.snapshot.value.services.get(name)?.settings;
  return {
    ...serviceSummary(state, name),
    ...(settings === undefined
      ? {}
      : {
          settings: {
            protocol: settings.protocol,
            lb: settings.lb.policy,
            timeoutMs: settings.timeoutMs,
            safety: settings.safety,
            check: settings.check.type,
            ...(settings.localPort === undefined ? {} : { localPort: settings.localPort }),
          },
        }),
    contributions: registered?.contributions.map((contribution) => contributionView(contribution, state.clock.wallMs())) ?? [],
    members: membersOf(state, name, registered),
  };
}

export function findEndpoint(state: AdminState, name: ServiceName, id: string) {
  const entry = state.registry.services.value.get(name)?.endpoints.get(id as EndpointId);
  return entry === undefined ? undefined : endpointView(factsOf(state, name, entry));
}

function membersOf(state: AdminState, name: ServiceName, registered: RegisteredService | undefined) {
  const entries = [...(registered?.endpoints.values() ?? [])].sort((one, other) => (one.endpoint.id < other.endpoint.id ? -1 : 1));
  return entries.map((entry) => endpointView(factsOf(state, name, entry)));
}

function factsOf(state: AdminState, service: ServiceName, registered: RegisteredEndpoint) {
  return {
    service,
    registered,
    health: state.health.detail(service, registered.endpoint.id),
    published: state.snapshot.value.services.get(service),
  };
}

function standingOf(
  { snapshot }: AdminState,
  name: ServiceName,
  published: ServiceSnapshot | undefined,
): { standing: string; reason?: string } {
  const refused = snapshot.value.refused.get(name);
  if (refused !== undefined) return { standing: "refused", reason: refused };
  if (published !== undefined) return { standing: published.origin.kind };
  return { standing: "withheld", reason: snapshot.value.withheld.get(name)?.reason ?? "it is about to be published" };
}

function contributionView({ source, state, reason, staleSinceMs, endpoints, quarantined, mark }: Contribution, nowMs: number) {
  return {
    source,
    state,
    ...(reason === undefined ? {} : { reason }),
    ...(staleSinceMs === undefined ? {} : { staleSince: iso(staleSinceMs), staleForSeconds: ageSeconds(staleSinceMs, nowMs) }),
    endpoints,
    quarantined,
    ...(mark === undefined ? {} : { mark }),
  };
}
