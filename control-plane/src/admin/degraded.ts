// Every degraded mode that is on: which, since when, why, until when (invariant 16).

import type { ServiceName } from "@fairlead/shared";
import { formatBootstrapFinding } from "../config/index.js";
import { BRAKE_SAYS, type CallerEvidence, type CheckChange, type Health } from "../health/index.js";
import { endsSoon, type TlsState } from "../xds/index.js";
import { disturbedBecause } from "./source-doubt.js";
import type { AdminState } from "./state.js";

export interface DegradedMode {
  readonly mode:
    | "stale-source"
    | "partial-source"
    | "partial-reading"
    | "disturbed-source"
    | "confirmed-collapse"
    | "saved-state"
    | "held-removals"
    | "removals-by-health-held"
    | "check-change-held"
    | "fails-everywhere"
    | "path-fails"
    | "checks-pass-traffic-fails"
    | "caller-doubted"
    | "coordination-lost"
    | "checker-muted"
    | "refused-service"
    | "refused-resource"
    | "state-not-saved"
    | "reload-refused"
    | "bootstrap-loop"
    | "seeds-need-dns"
    | "certificate-refused"
    | "certificate-ends";
  readonly because: string;
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly service?: string;
}

export function degradedModes({
  registry,
  health,
  callers,
  changedChecks,
  checkers,
  snapshot,
  views,
  keeper,
  reload,
  seeds,
  xdsTls,
  clock,
}: AdminState): readonly DegradedMode[] {
  const modes: DegradedMode[] = [];
  for (const { name, listing, disturbedUntilMs, massChange } of registry.sources.value) {
    if (disturbedUntilMs > clock.wallMs())
      modes.push({ mode: "disturbed-source", because: `${name}: ${disturbedBecause(massChange)}`, untilMs: disturbedUntilMs });
    if (listing.kind === "stale") modes.push({ mode: "stale-source", because: `${name}: ${listing.cause}`, sinceMs: listing.sinceMs });
    if (listing.kind === "seen" && listing.completeness.kind === "partial")
      modes.push({ mode: "partial-source", because: `${name}: ${listing.completeness.reason}` });
  }
  for (const { name, endpoints, confirmed, contributions } of registry.services.value.values()) {
    for (const { source, state, role, reason } of contributions) {
      if (state === "partial" && role !== "compared")
        modes.push({ mode: "partial-reading", because: `nothing is removed on the word of ${source}: ${reason}`, service: name });
    }
    if (confirmed !== undefined)
      modes.push({ mode: "confirmed-collapse", because: confirmed.because, sinceMs: confirmed.sinceMs, service: name });
    const holds = [...endpoints.values()].flatMap(({ hold }) => (hold === undefined || hold.kind === "debounce" ? [] : [hold]));
    const longest = holds.reduce<(typeof holds)[number] | undefined>(
      (best, hold) => (best !== undefined && best.untilMs >= hold.untilMs ? best : hold),
      undefined,
    );
    if (longest === undefined) continue;
    const because = `${holds.length} removals held: ${longest.because}`;
    modes.push({ mode: "held-removals", because, sinceMs: longest.sinceMs, untilMs: longest.untilMs, service: name });
  }
  for (const [service, { brake, count, sinceMs, untilMs }] of health.held) {
    const because = `${count} that would leave by their health are kept: ${BRAKE_SAYS[brake]}`;
    modes.push({ mode: "removals-by-health-held", because, sinceMs, untilMs, service });
  }
  modes.push(...changedCheckModes(changedChecks.changes), ...callerModes(callers, health), ...checkerModes(checkers));
  for (const { name, origin } of snapshot.value.services.values()) {
    if (origin.kind === "saved")
      modes.push({ mode: "saved-state", because: "its sources have not spoken yet", sinceMs: origin.savedAtMs, service: name });
  }
  for (const [name, reason] of snapshot.value.refused) {
    modes.push({ mode: "refused-service", because: reason, sinceMs: snapshot.value.publishedAtMs, service: name });
  }
  for (const { service, type, client, reason, sinceMs, standsIn } of views.refused) {
    const instead = standsIn ? "the last good one stands in" : "nothing is sent in its place";
    modes.push({ mode: "refused-resource", because: `${type} for ${client}: ${reason}; ${instead}`, sinceMs, service });
  }
  const { failure } = keeper.value;
  if (failure !== undefined) modes.push({ mode: "state-not-saved", because: failure.reason, sinceMs: failure.sinceMs });
  const { refused } = reload.value;
  if (refused !== undefined) modes.push({ mode: "reload-refused", because: refused.problems.join("\n"), sinceMs: refused.sinceMs });
  for (const doubt of seeds.value) {
    modes.push({
      mode: doubt.kind === "loop" ? "bootstrap-loop" : "seeds-need-dns",
      because: formatBootstrapFinding(doubt),
      sinceMs: doubt.sinceMs,
    });
  }
  return [...modes, ...certificateModes(xdsTls.value, clock.wallMs())];
}

/** One alarm, however many services a changed default concerns. */
function changedCheckModes(changes: ReadonlyMap<ServiceName, CheckChange>): readonly DegradedMode[] {
  const held = [...changes].filter(([, change]) => change.held);
  const [first] = held;
  if (first === undefined) return [];
  const sum = (what: "wouldTakeOut" | "of") => held.reduce((total, [, change]) => total + change[what], 0);
  const names = held.slice(0, 3).map(([service]) => service);
  const which = held.length > names.length ? `${names.join(", ")} and ${held.length - names.length} more` : names.join(", ");
  const because = `the changed check of ${which} would take out ${sum("wouldTakeOut")} of ${sum("of")} endpoints: the old one decides`;
  return [{ mode: "check-change-held", because, sinceMs: Math.min(...held.map(([, { sinceMs }]) => sinceMs)) }];
}

function callerModes({ services, doubted }: CallerEvidence, health: Health): readonly DegradedMode[] {
  const modes: DegradedMode[] = [];
  for (const [service, { endpoints, fleetWide, zonePairs }] of services.value) {
    if (fleetWide !== undefined) modes.push({ mode: "fails-everywhere", ...fleetWide, service });
    for (const { because, sinceMs } of zonePairs) modes.push({ mode: "path-fails", because, sinceMs, service });
    for (const [id, { kind, because, sinceMs }] of endpoints) {
      if (kind === "errors" && fleetWide === undefined && health.explain(service, id)?.opinion.status === "healthy")
        modes.push({ mode: "checks-pass-traffic-fails", because: `${id}: ${because}`, sinceMs, service });
    }
  }
  for (const { service, caller, because, sinceMs } of doubted.value)
    modes.push({ mode: "caller-doubted", because: `${caller}: ${because}`, sinceMs, service });
  return modes;
}

function checkerModes(checkers: AdminState["checkers"]): readonly DegradedMode[] {
  if (checkers === undefined) return [];
  const { alone, self, others } = checkers;
  const modes: DegradedMode[] = [];
  if (alone !== undefined)
    modes.push({ mode: "coordination-lost", because: `only this replica's own checks count: ${alone.because}`, sinceMs: alone.sinceMs });
  for (const { id, muted } of [{ id: self.id, muted: self.doubted }, ...others]) {
    if (muted !== undefined) modes.push({ mode: "checker-muted", because: `${id}: ${muted.because}`, sinceMs: muted.sinceMs });
  }
  return modes;
}

function certificateModes(tls: TlsState | undefined, nowMs: number): readonly DegradedMode[] {
  const modes: DegradedMode[] = [];
  if (tls === undefined) return modes;
  const { refused, endsAtMs } = tls;
  if (refused !== undefined) {
    const because = `what is in the files of xds.tls now is not used: ${refused.because}`;
    modes.push({ mode: "certificate-refused", because, sinceMs: refused.sinceMs });
  }
  if (endsAtMs <= nowMs)
    modes.push({ mode: "certificate-ends", because: "the certificate of the xDS port has ended: no client connects", sinceMs: endsAtMs });
  else if (endsSoon(tls, nowMs)) {
    const because = "a tenth of the life of the xDS port's certificate is left: after it no client connects";
    modes.push({ mode: "certificate-ends", because, untilMs: endsAtMs });
  }
  return modes;
}
