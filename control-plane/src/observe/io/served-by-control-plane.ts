// What another control plane publishes, as its admin API tells: versions of all services, members of those that differ.

import { type EndpointId, endpointId, fail, ok, parseAddress, type Result, type ServiceName, serviceName } from "@fairlead/shared";
import type { Endpoint } from "../../discovery/index.js";
import type { Served, ServedElsewhere } from "../index.js";

/** Longer than a plane with 10,000 services needs for its answer. */
const REQUEST_MS = 5_000;
/** Of services that differ, so many are read in one round; the rest is one that serves something else altogether. */
const READ_MAX = 1_000;

export function servedByControlPlane(address: string): ServedElsewhere {
  const get = (path: string) => getJson(`${address.replace(/\/$/, "")}${path}`);
  return {
    async read(ours) {
      const snapshot = await get("/v1/snapshot");
      if (!snapshot.ok) return snapshot;
      const served = new Map<ServiceName, Served>();
      const differing: ServiceName[] = [];
      for (const { name: text, version } of listOf<{ name?: unknown; version?: unknown }>(snapshot.value, "services")) {
        const name = serviceName(String(text));
        if (!name.ok) return fail(`${address}: ${name.error}`);
        if (ours.get(name.value) === version) served.set(name.value, { kind: "equal" });
        else differing.push(name.value);
      }
      if (differing.length > READ_MAX) return fail(`${differing.length} services differ; more than ${READ_MAX} are not compared`);
      for (const name of differing) {
        const service = await get(`/v1/services/${name}`);
        if (!service.ok) return service;
        served.set(name, { kind: "endpoints", endpoints: endpointsOf(service.value) });
      }
      return ok(served);
    },
  };
}

interface Member {
  readonly id?: unknown;
  readonly weight?: unknown;
  readonly zone?: unknown;
  readonly priority?: unknown;
  readonly place?: unknown;
  readonly published?: { readonly health?: unknown };
}

/** Only what it publishes: what awaits its first check there is not served yet. */
function endpointsOf(service: unknown): ReadonlyMap<EndpointId, Endpoint> {
  const endpoints = new Map<EndpointId, Endpoint>();
  for (const { id: text, weight, zone, priority, place, published } of listOf<Member>(service, "members")) {
    const address = parseAddress(String(text));
    if (!address.ok || published?.health === "absent") continue;
    const id = endpointId(address.value);
    endpoints.set(id, {
      id,
      ...address.value,
      weight: Number(weight),
      zone: String(zone),
      ...(typeof priority === "number" ? { priority } : {}),
      ...(published?.health === "draining" ? { draining: "draining" } : {}),
      place: String(place),
    });
  }
  return endpoints;
}

function listOf<T>(body: unknown, key: string): readonly T[] {
  const list = (body as Readonly<Record<string, unknown>> | null)?.[key];
  return Array.isArray(list) ? (list as readonly T[]) : [];
}

async function getJson(url: string): Promise<Result<unknown>> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(REQUEST_MS) });
    return answer.ok ? ok(await answer.json()) : fail(`${url} answered ${answer.status}`);
  } catch (error) {
    return fail(`${url}: ${error instanceof Error ? reasonOf(error) : String(error)}`);
  }
}

/** fetch says "fetch failed" and keeps the reason in its cause. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error && cause.message !== "" ? cause.message : message;
}
