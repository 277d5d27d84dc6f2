import type { Keyed, Log, Metrics, ServiceName, Watchable } from "@fairlead/shared";
import type { FlapLedger } from "./flap-damping.js";
import type { Pass } from "./members.js";
import { HOLD_KINDS, type HoldKind, type RegisteredService, type SourceStatus } from "./registry.js";
import type { SourceDoubt } from "./source-doubt.js";

/** Of one pass over one service, so many are logged one by one; a wiped source would write its whole list. */
const LOGGED_EACH = 20;

/** Says who was newly held and who left. */
export function logPass(log: Log, service: ServiceName, { held, removals }: Pass): void {
  for (const { endpoint, hold } of held.slice(0, LOGGED_EACH)) {
    log.info("removal-held", { service, endpoint, kind: hold.kind, because: hold.because });
  }
  if (held.length > LOGGED_EACH) log.info("removals-held", { service, endpoints: held.length });
  for (const { endpoint, because } of removals.slice(0, LOGGED_EACH)) log.info("endpoint-removed", { service, endpoint, because });
  if (removals.length > LOGGED_EACH) log.info("endpoints-removed", { service, endpoints: removals.length });
}

export interface Measured {
  readonly services: Keyed<ServiceName, RegisteredService>;
  readonly sources: Watchable<readonly SourceStatus[]>;
  readonly flaps: FlapLedger;
  readonly doubt: SourceDoubt;
}

/** Everything is counted when somebody asks. */
export function measureRegistry(metrics: Metrics, { services, sources, flaps, doubt }: Measured): void {
  const all = () => [...services.value.values()];
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.sampled("gauge", { name, help }, () => [{ labels: {}, value: read() }]);
  const counter = (name: string, help: string, read: () => number) =>
    metrics.sampled("counter", { name, help }, () => [{ labels: {}, value: read() }]);
  metrics.sampled("gauge", { name: "registry_holds", help: "Removals that wait", labels: ["kind"] }, () => holdCounts(all()));
  gauge("registry_endpoints", "Endpoints known", () => all().reduce((sum, { endpoints }) => sum + endpoints.size, 0));
  gauge("registry_confirmed_services", "Services whose collapse the guards let through", () =>
    all().reduce((sum, { confirmed }) => sum + (confirmed === undefined ? 0 : 1), 0),
  );
  gauge("registry_quarantined", "Members that a source could not read", () =>
    all().reduce((sum, service) => sum + quarantinedIn(service), 0),
  );
  gauge("registry_flap_penalties", "Endpoints that left lately, for flap damping", () => flaps.size);
  const states = { name: "registry_source_state", help: "1 for the state each source's listing is in", labels: ["source", "state"] };
  metrics.sampled("gauge", states, () =>
    sources.value.map(({ name, listing }) => ({ labels: { source: name, state: stateOf(listing) }, value: 1 })),
  );
  const until = {
    name: "registry_source_disturbed_until_seconds",
    help: "Unix time until which a source is not believed",
    labels: ["source"],
  };
  metrics.sampled("gauge", until, () =>
    sources.value.map(({ name, disturbedUntilMs }) => ({ labels: { source: name }, value: disturbedUntilMs / 1_000 })),
  );
  counter("registry_flap_penalties_dropped_total", "Flap penalties dropped because there were too many", () => flaps.forgotten);
  counter("registry_mass_changes_total", "Times a source lost many endpoints of several services at once", () => doubt.massChanges);
}

function stateOf(listing: SourceStatus["listing"]): string {
  return listing.kind === "seen" ? listing.completeness.kind : listing.kind;
}

function quarantinedIn({ contributions }: RegisteredService): number {
  return contributions.reduce((sum, { quarantined }) => sum + quarantined.length, 0);
}

function holdCounts(services: readonly RegisteredService[]): { labels: Record<string, string>; value: number }[] {
  const counts = new Map<HoldKind, number>(HOLD_KINDS.map((kind) => [kind, 0]));
  for (const { endpoints } of services) {
    for (const { hold } of endpoints.values()) if (hold !== undefined) counts.set(hold.kind, (counts.get(hold.kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, value]) => ({ labels: { kind }, value }));
}
