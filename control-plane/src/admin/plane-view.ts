// Sources, snapshot, readiness and the plane itself, as the API shows them.

import { daysLeft } from "../xds/index.js";
import { degradedModes } from "./degraded.js";
import { disturbedBecause } from "./source-doubt.js";
import type { AdminState } from "./state.js";
import { ageSeconds, iso, leftSeconds } from "./time.js";

export function sourcesView({ registry, clock }: AdminState) {
  const nowMs = clock.wallMs();
  const quarantined = new Map<string, number>();
  for (const { contributions } of registry.services.value.values()) {
    for (const { source, quarantined: members } of contributions) quarantined.set(source, (quarantined.get(source) ?? 0) + members.length);
  }
  const sources = registry.sources.value.map(({ name, type, listing, services, feeds, disturbedUntilMs, massChange, detail }) => ({
    name,
    type,
    feeds,
    ...stateOf(listing, nowMs),
    ...(disturbedUntilMs > nowMs
      ? {
          disturbedUntil: iso(disturbedUntilMs),
          disturbedForSeconds: leftSeconds(disturbedUntilMs, nowMs),
          disturbedBecause: disturbedBecause(massChange),
        }
      : {}),
    services,
    quarantinedMembers: quarantined.get(name) ?? 0,
    ...(detail === undefined ? {} : { detail: detail() }),
    quarantined: listing.kind === "pending" ? [] : listing.quarantined,
  }));
  return { sources };
}

function stateOf(listing: AdminState["registry"]["sources"]["value"][number]["listing"], nowMs: number) {
  if (listing.kind === "pending") return { state: "pending", ...(listing.cause === undefined ? {} : { reason: listing.cause }) };
  if (listing.kind === "stale") {
    return { state: "stale", reason: listing.cause, since: iso(listing.sinceMs), ageSeconds: ageSeconds(listing.sinceMs, nowMs) };
  }
  return listing.completeness.kind === "partial" ? { state: "partial", reason: listing.completeness.reason } : { state: "complete" };
}

export function snapshotView({ snapshot }: AdminState) {
  const { version, position, publishedAtMs, complete, services, withheld, refused } = snapshot.value;
  return {
    version,
    position,
    publishedAt: iso(publishedAtMs),
    complete: complete.kind === "complete",
    waitingFor: complete.kind === "complete" ? [] : complete.sources,
    services: [...services.values()].map((service) => ({
      name: service.name as string,
      version: service.version,
      endpoints: service.endpoints.length,
      origin: service.origin.kind,
    })),
    withheld: [...withheld].map(([name, { reason, sinceMs }]) => ({ name: name as string, reason, since: iso(sinceMs) })),
    refused: [...refused].map(([name, reason]) => ({ name: name as string, reason })),
  };
}

export function statusView(state: AdminState) {
  const { loadedAtMs, restartNeeded } = state.reload.value;
  return {
    id: state.id,
    version: state.version,
    startedAt: iso(state.startedAtMs),
    configLoadedAt: iso(loadedAtMs),
    restartNeeded,
    ...observeView(state),
    ...tlsView(state),
    degraded: degradedModes(state).map(({ mode, because, sinceMs, untilMs, service }) => ({
      mode,
      because,
      ...(sinceMs === undefined ? {} : { since: iso(sinceMs) }),
      ...(untilMs === undefined ? {} : { until: iso(untilMs), endsInSeconds: leftSeconds(untilMs, state.clock.wallMs()) }),
      ...(service === undefined ? {} : { service }),
    })),
  };
}

function tlsView({ xdsTls, clock }: AdminState) {
  const tls = xdsTls.value;
  if (tls === undefined) return {};
  const { endsAtMs, loadedAtMs, clientsProveThemselves } = tls;
  const days = Math.floor(daysLeft(tls, clock.wallMs()) * 10) / 10;
  return { xdsTls: { certificateEnds: iso(endsAtMs), daysLeft: days, loadedAt: iso(loadedAtMs), clientsProveThemselves } };
}

function observeView({ observation }: AdminState) {
  if (observation === undefined) return {};
  const { against, state, because, sinceMs, comparisons } = observation.value;
  const counts = { same: 0, differs: 0, unknown: 0 };
  for (const comparison of comparisons.values()) counts[comparison.state]++;
  return { observe: { against, state, ...(because === undefined ? {} : { because }), since: iso(sinceMs), services: counts } };
}

/**
 * Ready once every source has spoken, or saved state stands in for all of them, or bootWait has passed; what is missing
 * is listed all the same.
 */
export function readyView({ registry, snapshot, observation }: AdminState) {
  if (observation !== undefined) return { ready: false, missing: ["observe mode: nothing is published"] };
  const missing = registry.sources.value.filter(({ listing, feeds }) => feeds && listing.kind === "pending").map(({ name }) => name);
  const { services, withheld, bootWaitOver } = snapshot.value;
  const replaced = services.size > 0 && withheld.size === 0 && [...services.values()].some(({ origin }) => origin.kind === "saved");
  const reading = [...withheld.keys()].map((name) => `service ${name}`);
  return { ready: bootWaitOver || replaced || (missing.length === 0 && withheld.size === 0), missing: [...missing, ...reading] };
}
