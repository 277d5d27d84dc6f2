// Every degraded mode that is on: which, since when, why, until when (invariant 16).

import { formatBootstrapFinding } from "../config/index.js";
import { disturbedBecause } from "./source-doubt.js";
import type { AdminState } from "./state.js";

export interface DegradedMode {
  readonly mode:
    | "stale-source"
    | "disturbed-source"
    | "confirmed-collapse"
    | "saved-state"
    | "held-removals"
    | "refused-service"
    | "refused-resource"
    | "state-not-saved"
    | "reload-refused"
    | "bootstrap-loop"
    | "seeds-need-dns";
  readonly because: string;
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly service?: string;
}

export function degradedModes({ registry, snapshot, views, keeper, reload, seeds, clock }: AdminState): readonly DegradedMode[] {
  const modes: DegradedMode[] = [];
  for (const { name, listing, disturbedUntilMs, massChange } of registry.sources.value) {
    if (disturbedUntilMs > clock.wallMs())
      modes.push({ mode: "disturbed-source", because: `${name}: ${disturbedBecause(massChange)}`, untilMs: disturbedUntilMs });
    if (listing.kind === "stale") modes.push({ mode: "stale-source", because: `${name}: ${listing.cause}`, sinceMs: listing.sinceMs });
  }
  for (const { name, endpoints, confirmed } of registry.services.value.values()) {
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
  return modes;
}
