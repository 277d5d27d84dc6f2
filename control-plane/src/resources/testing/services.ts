// Services, snapshots and nodes for the tests of this room.

import type { ServiceName } from "@fairlead/shared";
import { endpointAt } from "../../discovery/testing/fake-source.js";
import type { Ramp } from "../../health/index.js";
import { serviceSnapshot } from "../../snapshot/build.js";
import type { ServiceSnapshot, Snapshot, SnapshotHealth } from "../../snapshot/index.js";
import { settingsWith } from "../../snapshot/testing/settings.js";
import type { XdsNode } from "../../xds/index.js";

/** An endpoint at `10.0.0.1:port`. */
export interface Member {
  readonly port: number;
  readonly health?: SnapshotHealth;
  readonly weight?: number;
  readonly zone?: string;
  readonly priority?: number;
  readonly share?: number;
  readonly ramp?: Ramp;
}

/** They, as a snapshot has them. */
export function entries(members: readonly Member[]) {
  return members.map(({ port, health = "healthy", weight = 100, zone = "a", priority = 0, share, ramp }) => ({
    endpoint: endpointAt(port, { weight, zone, priority }),
    health,
    ...(share === undefined ? {} : { share }),
    ...(ramp === undefined ? {} : { ramp }),
    sources: ["one"],
    sinceMs: 0,
  }));
}

/** One service; with a local port unless the settings say otherwise. */
export function service(name: string, members: readonly Member[], settings = settingsWith({ localPort: 9001 })): ServiceSnapshot {
  return serviceSnapshot(
    { name: name as ServiceName, settings, endpoints: entries(members), awaiting: [], origin: { kind: "live" } },
    undefined,
  );
}

/** A complete snapshot. */
export function snapshotOf(services: readonly ServiceSnapshot[], over: Partial<Snapshot> = {}): Snapshot {
  return {
    version: "v",
    position: "l/1/1",
    publishedAtMs: 0,
    services: new Map(services.map((each) => [each.name, each])),
    withheld: new Map(),
    refused: new Map(),
    complete: { kind: "complete" },
    bootWaitOver: false,
    unheard: new Set(),
    ...over,
  };
}

/** A client of this kind. */
export function node(userAgentName: string, metadata: Record<string, unknown> = {}, id = "n"): XdsNode {
  return { id, cluster: "c", zone: "a", userAgentName, userAgentVersion: "1", clientFeatures: [], metadata };
}
