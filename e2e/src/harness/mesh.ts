// What most scenarios start from, and what they look at.

import { httpRequest } from "./http-request.js";
import type { Config, ControlPlane, Sidecar } from "./planes.js";
import { startSidecar } from "./planes.js";
import { freePort } from "./ports.js";
import { PATIENCE_MS, until, untilEqual } from "./until.js";

/**
 * Quick with an answer, be it a refusal: a scenario about health is not one about waiting. Slow with silence: on a busy
 * machine a backend that is well may take a second.
 */
export const QUICK_CHECK = {
  type: "http",
  path: "/healthz",
  interval: "1s",
  fastInterval: "200ms",
  timeout: "1s",
  rise: 1,
  fall: 3,
} as const;

/** Who is killed may have more than one request in flight; each of them is to be tried again, not only a fifth. */
export const WHOLE_RETRIES = { attempts: 1, budgetPercent: 100 } as const;

/** The parts of GET /clusters of a sidecar that scenarios read. */
export interface ClustersBody {
  readonly controlPlane: { readonly state: string };
  readonly fallback: { readonly origin: string; readonly fellBack?: string; readonly loadFailure?: string };
  readonly clusters: readonly {
    readonly service: string;
    readonly ready: boolean;
    readonly origin: string;
    readonly versions: Readonly<Record<string, string>>;
    readonly endpoints: readonly { readonly id: string; readonly health: string; readonly ejected: boolean; readonly weight: number }[];
    readonly issues: readonly { readonly typeUrl: string; readonly name: string }[];
  }[];
}

/** The parts of GET /v1/services/NAME that scenarios read. */
export interface ServiceBody {
  readonly standing: string;
  readonly version: string;
  readonly stale: boolean;
  readonly endpoints: { readonly serving: number; readonly out: number; readonly held: number };
  readonly contributions: readonly {
    readonly source: string;
    readonly state: string;
    readonly reason?: string;
    readonly staleForSeconds?: number;
    readonly endpoints: number;
    readonly quarantined: readonly { readonly place: string; readonly reason: string }[];
  }[];
  readonly members: readonly {
    readonly id: string;
    readonly outcome: string;
    readonly because: readonly string[];
    readonly hold?: { readonly kind: string };
  }[];
}

export interface MeshSidecar {
  readonly plane: Sidecar;
  /** Local port by service. */
  readonly ports: Readonly<Record<string, number>>;
  /** A GET through the sidecar; any status is an answer. */
  get(service: string, path?: string): ReturnType<typeof httpRequest>;
}

/** A sidecar of one control plane with a local port for each service. */
export async function sidecarOf(
  controlPlane: ControlPlane,
  services: readonly string[],
  options: { readonly id?: string; readonly tls?: Config; readonly waitFor?: "ready" | "alive" } = {},
): Promise<MeshSidecar> {
  const ports: Record<string, number> = {};
  for (const service of services) ports[service] = await freePort();
  const config = {
    node: { id: options.id ?? "web-1", cluster: "web" },
    controlPlane: { addresses: [controlPlane.xdsAddress], ...(options.tls === undefined ? {} : { tls: options.tls }) },
    upstreams: services.map((service) => ({ service, listen: `127.0.0.1:${ports[service]}` })),
  };
  const plane = await startSidecar(config, { waitFor: options.waitFor ?? "ready" });
  return { plane, ports, get: (service, path = "/") => httpRequest({ port: ports[service] ?? 0, path }) };
}

/** Ids of the endpoints a sidecar would pick among for a service, sorted; draining and unhealthy ones left out. */
export async function usableEndpoints(sidecar: MeshSidecar, service: string): Promise<readonly string[]> {
  const { clusters } = await sidecar.plane.api<ClustersBody>("/clusters");
  const endpoints = clusters.find((cluster) => cluster.service === service)?.endpoints ?? [];
  return endpoints
    .filter(({ health }) => health === "healthy" || health === "unknown")
    .map(({ id }) => id)
    .sort();
}

export async function untilUsable(
  sidecar: MeshSidecar,
  service: string,
  addresses: readonly string[],
  timeoutMs = PATIENCE_MS,
): Promise<void> {
  await untilEqual(`the sidecar's endpoints of ${service}`, () => usableEndpoints(sidecar, service), [...addresses].sort(), { timeoutMs });
}

/** Waits until each of these backends, by name, has answered a request through the sidecar. */
export async function untilAllAnswer(sidecar: MeshSidecar, service: string, names: readonly string[]): Promise<void> {
  const answered = new Set<string>();
  await until(`${names.join(", ")} to answer`, async () => {
    const { status, headers } = await sidecar.get(service);
    if (status === 200) answered.add(String(headers["x-backend"]));
    return names.every((name) => answered.has(name));
  });
}

export function serviceBody(controlPlane: ControlPlane, service: string): Promise<ServiceBody> {
  return controlPlane.api<ServiceBody>(`/v1/services/${service}`);
}
