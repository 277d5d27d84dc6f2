// What is known about an endpoint's health, and a service's: evidence, brakes, budget, and what would change it.

import type { ServiceName } from "@fairlead/shared";
import type { CallerEvidence, CheckChange, Explanation, Health, HeldRemovals } from "../health/index.js";
import { iso, leftSeconds } from "./time.js";

export function healthView(explanation: Explanation | undefined) {
  if (explanation === undefined)
    return { status: "unknown", because: "no check has run yet", disagreeing: 0, share: 1, wouldChange: "its first check" };
  const { verdict, opinion, votes, callers, heldBy } = explanation;
  const { last } = opinion;
  return {
    status: verdict.status,
    because: verdict.because,
    since: iso(verdict.sinceMs),
    ...(verdict.untilMs === undefined ? {} : { until: iso(verdict.untilMs) }),
    share: verdict.share,
    ...(verdict.ramp === undefined ? {} : { ramp: { start: iso(verdict.ramp.startMs), seconds: verdict.ramp.ms / 1_000 } }),
    ...(opinion.kind === undefined ? {} : { evidence: opinion.kind }),
    disagreeing: opinion.disagreeing,
    ...(last === undefined
      ? {}
      : { last: { outcome: last.outcome, detail: last.detail, at: iso(last.atMs), tookMs: Math.round(last.tookMs * 10) / 10 } }),
    ...(votes.length === 0 ? {} : { votes: votes.map(({ checker, status, because }) => ({ checker, status, because })) }),
    ...(callers === undefined
      ? {}
      : { callers: { kind: callers.kind, agreement: callers.agreement, because: callers.because, since: iso(callers.sinceMs) } }),
    ...(heldBy === undefined ? {} : { heldBy: { brake: heldBy.brake, since: iso(heldBy.sinceMs) } }),
    wouldChange: wouldChange(explanation),
  };
}

/** In one sentence, for whoever asks how long this will last. */
function wouldChange({ verdict, opinion, votes, callers, heldBy, disputed }: Explanation): string {
  if (heldBy !== undefined)
    return "it leaves when a second witness sees the same, when the brake lets go, at the time said, or when an operator confirms the service";
  if (disputed) return "its checkers agreeing";
  if (verdict.status === "unhealthy") {
    if (verdict.untilMs !== undefined) return "a check that passes after the time said: then it takes up its share again, little by little";
    const passes = votes.length > 0 ? "most of its checkers" : "its checks";
    return opinion.refusing ? `that it accepts again: then ${passes} passing` : `${passes} passing again`;
  }
  if (callers !== undefined) return "its callers having no more trouble with it than elsewhere";
  if (verdict.ramp !== undefined) return "time: it takes up its share again until the end of its ramp";
  if (opinion.last === undefined) return verdict.status === "unknown" ? "its first check" : "a check that fails";
  return "that it refuses, or checks that fail in a row";
}

export function heldView({ brake, count, sinceMs, untilMs }: HeldRemovals, nowMs: number) {
  return { brake, count, since: iso(sinceMs), until: iso(untilMs), endsInSeconds: leftSeconds(untilMs, nowMs) };
}

/** Entries of a ledger that are shown, newest first. */
const SHOWN = 50;

export function ledgerView(ledger: ReturnType<Health["ledger"]>) {
  if (ledger === undefined) return undefined;
  const { left, returned, unregistered, outNow, spentNow } = ledger.sums;
  return {
    left: { answer: left.answer, witnesses: left.witnesses, oneWitness: left["one-witness"] },
    returned,
    unregistered,
    outNow,
    spentNow,
    entries: ledger.entries
      .slice(-SHOWN)
      .reverse()
      .map(({ atMs, ...entry }) => ({ at: iso(atMs), ...entry, endpoint: entry.endpoint as string })),
  };
}

/** What callers say of the service as a whole, and which of them are not believed; nothing where there is nothing. */
export function callersView({ services, doubted }: CallerEvidence, service: ServiceName) {
  const view = services.value.get(service);
  const named = doubted.value.filter((one) => one.service === service);
  if (view?.fleetWide === undefined && (view?.zonePairs.length ?? 0) === 0 && named.length === 0) return {};
  return {
    callers: {
      ...(view?.fleetWide === undefined ? {} : { fleetWide: { because: view.fleetWide.because, since: iso(view.fleetWide.sinceMs) } }),
      zonePairs: (view?.zonePairs ?? []).map(({ sinceMs, ...pair }) => ({ ...pair, since: iso(sinceMs) })),
      doubted: named.map(({ caller, kind, because, sinceMs }) => ({ caller, kind, because, since: iso(sinceMs) })),
    },
  };
}

/** A changed check that does not decide yet; nothing where there is none. */
export function checkChangeView(change: CheckChange | undefined) {
  if (change === undefined) return {};
  const { sinceMs, untilMs, held, wouldTakeOut, of, endpoints } = change;
  const ids: readonly string[] = endpoints;
  return { checkChange: { since: iso(sinceMs), triedUntil: iso(untilMs), held, wouldTakeOut, of, endpoints: ids } };
}
