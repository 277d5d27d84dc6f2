// What the demo shows: read from the planes' own APIs, as an operator would.

import type { Stage } from "./stage.js";

/** The part of a sidecar's GET /clusters that the demo reads. */
export interface SidecarSight {
  readonly controlPlane: { readonly state: string };
  readonly clusters: readonly {
    readonly service: string;
    readonly origin: string;
    readonly versions: { readonly assignment?: string };
    readonly endpoints: readonly {
      readonly id: string;
      readonly health: string;
      readonly ejected: boolean;
      readonly requests: number;
      readonly inFlight: number;
    }[];
  }[];
}

export interface Sight {
  readonly version: string | undefined;
  readonly degraded: readonly string[];
  /** By sidecar name; undefined when it does not answer. */
  readonly sidecars: ReadonlyMap<string, SidecarSight | undefined>;
}

export async function look(stage: Stage): Promise<Sight> {
  const snapshot = await quietly(() => stage.controlPlane.api<{ version: string }>("/v1/snapshot"));
  const status = await quietly(() => stage.controlPlane.api<{ degraded: { mode: string; because: string }[] }>("/v1/status"));
  const sidecars = await Promise.all(
    stage.sidecars.map(async ({ name, plane }) => [name, await quietly(() => plane.api<SidecarSight>("/clusters"))] as const),
  );
  return {
    version: snapshot?.version,
    degraded: status?.degraded.map(({ mode, because }) => `${mode}: ${because.split("\n")[0]}`) ?? [],
    sidecars: new Map(sidecars),
  };
}

async function quietly<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch {
    return undefined;
  }
}
