// The snapshot as it is kept on disk, and back. What does not read back whole is left out, with the reason.

import {
  canonicalIp,
  endpointId,
  fail,
  isPort,
  isWeight,
  ok,
  PROTOCOLS,
  type Result,
  type ServiceName,
  serviceName,
} from "@fairlead/shared";
import type { ServiceSettings } from "../config/index.js";
import type { Ramp } from "../health/index.js";
import { serviceSnapshot } from "./build.js";
import { isCalling } from "./saved-calling.js";
import type { ServiceSnapshot, Snapshot, SnapshotEndpoint } from "./snapshot.js";

export interface SavedServices {
  readonly services: ReadonlyMap<ServiceName, ServiceSnapshot>;
  /** What was left out, and why. */
  readonly dropped: readonly string[];
}

/** A save a second while a fleet rolls: what stayed the same was written before, and its text is kept with it. */
export function writeSaved(snapshot: Snapshot): Buffer {
  const services = [...snapshot.services.values()].map(({ name, settings, endpoints, origin, confirmed }) => {
    const rest = JSON.stringify({ name, settings, origin, confirmed });
    return `${rest.slice(0, -1)},"endpoints":[${endpoints.map(savedText).join(",")}]}`;
  });
  return Buffer.from(`{"services":[${services.join(",")}]}`);
}

const SAVED_TEXTS = new WeakMap<SnapshotEndpoint, string>();

function savedText(entry: SnapshotEndpoint): string {
  let text = SAVED_TEXTS.get(entry);
  if (text === undefined) {
    text = JSON.stringify(entry);
    SAVED_TEXTS.set(entry, text);
  }
  return text;
}

export function readSaved(payload: Buffer, savedAtMs: number): Result<SavedServices> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(payload.toString("utf8"));
  } catch {
    return fail("the saved snapshot is not JSON");
  }
  const list = (parsed as { services?: unknown } | null)?.services;
  if (!Array.isArray(list)) return fail("the saved snapshot has no list of services");
  const services = new Map<ServiceName, ServiceSnapshot>();
  const dropped: string[] = [];
  for (const item of list as unknown[]) {
    const service = readService(item, savedAtMs);
    if (service.ok) services.set(service.value.name, service.value);
    else dropped.push(service.error);
  }
  return ok({ services, dropped });
}

/** Fields as they were written; each is checked before it is believed, since another version may have written them. */
type Loose<T> = { readonly [K in keyof T]?: unknown };

function readService(item: unknown, savedAtMs: number): Result<ServiceSnapshot> {
  const saved = (item ?? {}) as Loose<ServiceSnapshot>;
  const name = serviceName(String(saved.name));
  if (!name.ok) return fail(name.error);
  if (!isSettings(saved.settings)) return fail(`${name.value}: its settings have another shape`);
  if (!Array.isArray(saved.endpoints)) return fail(`${name.value}: it has no list of endpoints`);
  const endpoints = (saved.endpoints as unknown[]).map(readEndpoint);
  if (!endpoints.every((entry) => entry !== undefined)) return fail(`${name.value}: an endpoint has another shape`);
  const retired = (saved.origin as { kind?: unknown; sinceMs?: unknown } | undefined) ?? {};
  const origin =
    retired.kind === "retired" && typeof retired.sinceMs === "number"
      ? ({ kind: "retired", sinceMs: retired.sinceMs } as const)
      : ({ kind: "saved", savedAtMs } as const);
  const confirmed = readConfirmed(saved.confirmed);
  const content = { name: name.value, settings: saved.settings, endpoints, awaiting: [], origin };
  return ok(serviceSnapshot(confirmed === undefined ? content : { ...content, confirmed }, undefined));
}

function readConfirmed(value: unknown): ServiceSnapshot["confirmed"] {
  const { sinceMs, because, before } = (value ?? {}) as Loose<NonNullable<ServiceSnapshot["confirmed"]>>;
  return typeof sinceMs === "number" && typeof because === "string" && typeof before === "number"
    ? { sinceMs, because, before }
    : undefined;
}

function readEndpoint(item: unknown): SnapshotEndpoint | undefined {
  const { endpoint, health, sources, sinceMs, ramp: savedRamp } = (item ?? {}) as Loose<SnapshotEndpoint>;
  const { ip, port, weight, zone, instance, priority, metadata, draining, place } = (endpoint ?? {}) as Loose<SnapshotEndpoint["endpoint"]>;
  const canonical = typeof ip === "string" ? canonicalIp(ip) : undefined;
  if (canonical === undefined || !isPort(port) || !isWeight(weight) || typeof zone !== "string") return undefined;
  if (health !== "healthy" && health !== "unhealthy" && health !== "draining") return undefined;
  if (!Array.isArray(sources) || typeof sinceMs !== "number") return undefined;
  const ramp = readRamp(savedRamp);
  return {
    endpoint: {
      id: endpointId({ ip: canonical, port }),
      ip: canonical,
      port,
      weight,
      zone,
      ...(typeof instance === "string" ? { instance } : {}),
      ...(typeof priority === "number" && priority > 0 ? { priority } : {}),
      ...(isTexts(metadata) ? { metadata } : {}),
      ...(typeof draining === "string" ? { draining } : {}),
      place: String(place),
    },
    health,
    ...(ramp === undefined ? {} : { ramp }),
    sources: sources.map(String),
    sinceMs,
  };
}

/** The first verdict finds the step it is at. */
function readRamp(value: unknown): Ramp | undefined {
  const { startMs, ms } = (value ?? {}) as Loose<Ramp>;
  return typeof startMs === "number" && typeof ms === "number" ? { startMs, ms, step: 0.25 } : undefined;
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return typeof value === "object" && value !== null && Object.values(value).every((text) => typeof text === "string");
}

function isSettings(value: unknown): value is ServiceSettings {
  const { protocol, timeoutMs, safety, check, retries } = (value ?? {}) as Loose<ServiceSettings>;
  const { attempts, budgetPercent, perTryTimeoutMs } = (retries ?? {}) as Loose<ServiceSettings["retries"]>;
  return (
    PROTOCOLS.some((known) => known === protocol) &&
    isCalling(value ?? {}) &&
    typeof timeoutMs === "number" &&
    typeof safety === "string" &&
    typeof (check as { type?: unknown } | undefined)?.type === "string" &&
    typeof attempts === "number" &&
    typeof budgetPercent === "number" &&
    (perTryTimeoutMs === undefined || typeof perTryTimeoutMs === "number")
  );
}
