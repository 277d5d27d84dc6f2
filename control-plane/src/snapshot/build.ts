// Registry + health + settings → one service of the snapshot. Pure; unchanged content keeps its reference.

import { contentHash, type EndpointId, fail, ok, type Result } from "@fairlead/shared";
import type { ServiceSettings } from "../config/index.js";
import type { Verdict } from "../health/index.js";
import type { RegisteredService } from "../registry/index.js";
import { admit } from "./admit.js";
import type { Origin, ServiceChange, ServiceSnapshot, SnapshotEndpoint } from "./snapshot.js";

/** An assignment of 10,000 endpoints is about 300 KiB, well below the 4 MiB a gRPC client takes in one message (xDS rule R27). */
export const ENDPOINTS_MAX = 10_000;

/** A verdict from disk is believed for this long (invariant 10). */
export const SAVED_HEALTH_MAX_AGE_MS = 60_000;

export interface BuildInput {
  readonly registered: RegisteredService;
  readonly health: ReadonlyMap<EndpointId, Verdict>;
  readonly settings: ServiceSettings;
  readonly previous: ServiceSnapshot | undefined;
  /** Wall time. */
  readonly nowMs: number;
  /** What makes it new, if it turns out to be. */
  readonly change?: ServiceChange;
}

/** The service's new state; a reason when it is inconsistent and the last good one must stand. */
export function buildService({ registered, health, settings, previous, nowMs, change }: BuildInput): Result<ServiceSnapshot> {
  if (registered.endpoints.size > ENDPOINTS_MAX) {
    return fail(`${registered.endpoints.size} endpoints, at most ${ENDPOINTS_MAX} fit into one assignment: split the service`);
  }
  const saved = previous?.origin.kind === "saved" ? previous.origin : undefined;
  const { endpoints, awaiting } = admit({
    registered: registered.endpoints,
    health,
    previous,
    carryHealth: saved !== undefined && nowMs - saved.savedAtMs <= SAVED_HEALTH_MAX_AGE_MS,
    nowMs,
    checked: settings.check.type !== "none",
  });
  // Saved state stands in until every source has spoken and every check it speaks for has run once.
  const unchecked =
    settings.check.type !== "none" && endpoints.some(({ endpoint }) => (health.get(endpoint.id)?.status ?? "unknown") === "unknown");
  const origin: Origin = saved !== undefined && (registered.settled.kind === "waiting" || unchecked) ? saved : { kind: "live" };
  const { name, confirmed } = registered;
  const marks = { ...(confirmed === undefined ? {} : { confirmed }), ...(change === undefined ? {} : { change }) };
  const content = { name, settings, endpoints, awaiting, origin, ...marks };
  return ok(serviceSnapshot(content, previous));
}

/** Names the content with its version; equal content keeps the reference of `previous`. */
export function serviceSnapshot(content: Omit<ServiceSnapshot, "version">, previous: ServiceSnapshot | undefined): ServiceSnapshot {
  const version = previous !== undefined && sameContent(previous, content) ? previous.version : versionOf(content);
  const next = { ...content, version };
  return previous !== undefined && previous.version === version && sameStanding(previous, next) ? previous : next;
}

/** By reference: what is the same object needs no hash to be the same. */
function sameContent(one: ServiceSnapshot, other: Omit<ServiceSnapshot, "version">): boolean {
  return (
    one.settings === other.settings &&
    one.confirmed === other.confirmed &&
    one.endpoints.length === other.endpoints.length &&
    one.endpoints.every((entry, index) => entry === other.endpoints[index])
  );
}

function versionOf({ settings, endpoints, confirmed }: Omit<ServiceSnapshot, "version">): string {
  // Since when and why is for people: replicas that saw it at different times say the same to clients.
  const mark = confirmed === undefined ? "" : ',"confirmed"';
  return contentHash(`[${JSON.stringify(wireSettings(settings))},[${endpoints.map(wireText).join(",")}]${mark}]`);
}

function sameStanding(one: ServiceSnapshot, other: ServiceSnapshot): boolean {
  return (
    one.settings === other.settings &&
    one.origin.kind === other.origin.kind &&
    one.confirmed === other.confirmed &&
    one.awaiting.join() === other.awaiting.join() &&
    one.endpoints.every((entry, index) => entry === other.endpoints[index])
  );
}

function wireSettings({ protocol, lb, timeoutMs, localPort, retries, ...settings }: ServiceSettings): unknown {
  const { slowStartMs, outlier, limits, subset, hedgePercent } = settings;
  // What nobody configured is not there, and changes no version.
  const { hashOn, balancePercent } = lb;
  const { attempts, budgetPercent, perTryTimeoutMs } = retries;
  const calling = Object.entries({ perTryTimeoutMs, hashOn, balancePercent, slowStartMs, outlier, limits, subset, hedgePercent }).filter(
    ([, value]) => value !== undefined,
  );
  return [protocol, lb.policy, timeoutMs, localPort ?? null, attempts, budgetPercent, ...calling];
}

const WIRE_TEXTS = new WeakMap<SnapshotEndpoint, string>();

/** What of it reaches the wire, as text. Of a large service one entry differs; the others are immutable, and known. */
function wireText(entry: SnapshotEndpoint): string {
  let text = WIRE_TEXTS.get(entry);
  if (text === undefined) {
    text = JSON.stringify(wireEndpoint(entry));
    WIRE_TEXTS.set(entry, text);
  }
  return text;
}

function wireEndpoint({ endpoint, health, share, ramp }: SnapshotEndpoint): unknown {
  const told = [endpoint.id, endpoint.weight, endpoint.zone, endpoint.instance ?? null, endpoint.priority ?? 0, health];
  return share === undefined && ramp === undefined ? told : [...told, share ?? 1, ramp ?? null];
}
