import type { EndpointId, ServiceName } from "@fairlead/shared";
import type { CallingSettings } from "../config/index.js";
import type { ConfirmedMark, Contribution, RegisteredEndpoint, RegisteredService } from "../registry/index.js";
import { compromisesOf } from "../resources/index.js";
import type { ServiceSnapshot } from "../snapshot/index.js";
import { comparisonView } from "./comparison-view.js";
import { endpointView, listedOf, outcomeOf } from "./endpoint-view.js";
import { callersView, checkChangeView, heldView, ledgerView } from "./health-view.js";
import { loadSummary } from "./load-view.js";
import type { AdminState } from "./state.js";
import { ageSeconds, iso } from "./time.js";

/** Every name anybody knows: registered, published (retired ones too), withheld or only compared; sorted. */
export function serviceNames({ registry, snapshot, observation }: AdminState): readonly ServiceName[] {
  const { services, withheld } = snapshot.value;
  const observed = observation?.value.comparisons ?? new Map<ServiceName, unknown>();
  const known = [registry.services.value, services, withheld, registry.comparisons, observed].flatMap((all) => [...all.keys()]);
  return [...new Set(known)].sort();
}

export function serviceSummary(state: AdminState, name: ServiceName) {
  const registered = state.registry.services.value.get(name);
  const published = state.snapshot.value.services.get(name);
  const counts = { serving: 0, reduced: 0, out: 0, held: 0 };
  const comparison = state.registry.comparisons.get(name);
  const observed = state.observation?.value.comparisons.get(name);
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
    ...confirmedView(registered?.confirmed ?? published?.confirmed),
    ...(comparison === undefined ? {} : { compared: comparison.state }),
    ...(observed === undefined ? {} : { observed: observed.state }),
    ...loadSummary(state, name),
  };
}

export function serviceView(state: AdminState, name: ServiceName) {
  const registered = state.registry.services.value.get(name);
  const settings = state.snapshot.value.services.get(name)?.settings;
  const comparison = state.registry.comparisons.get(name);
  const observed = state.observation?.value.comparisons.get(name);
  const held = state.health.held.get(name);
  const ledger = state.health.ledger(name);
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
            ...(settings.unlisted === undefined ? {} : { unlisted: settings.unlisted, merge: settings.merge }),
            ...(settings.sources === undefined ? {} : { sources: settings.sources }),
            ...(settings.compare === undefined ? {} : { compare: settings.compare }),
            check: settings.check.type,
            ...(settings.localPort === undefined ? {} : { localPort: settings.localPort }),
            ...callingView(settings),
          },
          rendering: compromisesOf(settings),
        }),
    contributions: registered?.contributions.map((contribution) => contributionView(contribution, state.clock.wallMs())) ?? [],
    ...(comparison === undefined ? {} : { comparison: comparisonView(comparison) }),
    ...(observed === undefined ? {} : { observation: comparisonView(observed) }),
    ...(held === undefined ? {} : { heldByHealth: heldView(held, state.clock.wallMs()) }),
    ...(ledger === undefined ? {} : { healthLedger: ledgerView(ledger) }),
    ...callersView(state.callers, name),
    ...checkChangeView(state.changedChecks.changes.get(name)),
    listing: listingOf(state, name, registered),
    members: membersOf(state, name, registered),
  };
}

function callingView({ lb, slowStartMs, outlier, limits, subset, hedgePercent }: CallingSettings) {
  return {
    ...(lb.hashOn === undefined ? {} : { hashOn: lb.hashOn }),
    ...(lb.balancePercent === undefined ? {} : { balancePercent: lb.balancePercent }),
    ...(slowStartMs === undefined ? {} : { slowStartMs }),
    ...(outlier === undefined ? {} : { outlier }),
    ...(limits === undefined ? {} : { limits }),
    ...(subset === undefined ? {} : { subset }),
    ...(hedgePercent === undefined ? {} : { hedgePercent }),
  };
}

/** Discovery by health: how many stand in each field of the table of four, and in those nobody knows about. */
function listingOf(state: AdminState, name: ServiceName, registered: RegisteredService | undefined) {
  const row = () => ({ healthy: 0, unhealthy: 0, unknown: 0 });
  const table = { listed: row(), unlisted: row(), unsure: row() };
  const fields = { yes: table.listed, no: table.unlisted, unsure: table.unsure };
  for (const entry of registered?.endpoints.values() ?? []) {
    fields[listedOf(entry)][state.health.verdicts.value.get(name)?.get(entry.endpoint.id)?.status ?? "unknown"]++;
  }
  return table;
}

function confirmedView(mark: ConfirmedMark | undefined) {
  return mark === undefined ? {} : { confirmed: { since: iso(mark.sinceMs), because: mark.because, before: mark.before } };
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
    health: state.health.explain(service, registered.endpoint.id),
    published: state.snapshot.value.services.get(service),
    flapPenalty: state.registry.flapPenalty(service, registered.endpoint.id),
    nowMs: state.clock.wallMs(),
  };
}

function standingOf(
  { registry, snapshot }: AdminState,
  name: ServiceName,
  published: ServiceSnapshot | undefined,
): { standing: string; reason?: string } {
  const refused = snapshot.value.refused.get(name);
  if (refused !== undefined) return { standing: "refused", reason: refused };
  if (published !== undefined) return { standing: published.origin.kind };
  const withheld = snapshot.value.withheld.get(name);
  if (withheld === undefined && !registry.services.value.has(name))
    return { standing: "compared", reason: "only what is compared has it: it is not published" };
  return { standing: "withheld", reason: withheld?.reason ?? "it is about to be published" };
}

function contributionView({ source, role, state, reason, staleSinceMs, endpoints, quarantined, mark }: Contribution, nowMs: number) {
  return {
    source,
    role,
    state,
    ...(reason === undefined ? {} : { reason }),
    ...(staleSinceMs === undefined ? {} : { staleSince: iso(staleSinceMs), staleForSeconds: ageSeconds(staleSinceMs, nowMs) }),
    endpoints,
    quarantined,
    ...(mark === undefined ? {} : { mark }),
  };
}
