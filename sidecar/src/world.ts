// Everything the sidecar takes from outside. The simulation makes another one.

import {
  type ClientTlsSettings,
  type Clock,
  type Closable,
  type DurableStore,
  type Log,
  type LogLevel,
  type Metrics,
  newMetrics,
  type Result,
  type Rng,
} from "@fairlead/shared";
import { diskStore, pinoLog, systemClock, systemRng } from "@fairlead/shared/io";
import type { AdminState } from "./admin/index.js";
import { startAdminServer } from "./admin/io/admin-server.js";
import type { Listen, Settings } from "./config/index.js";
import type { Edge, Engine, LineOutput, LoadProbe } from "./forward/index.js";
import { linesTo } from "./forward/io/line-output.js";
import { NetEngine } from "./forward/io/net-engine.js";
import { processProbe } from "./forward/io/process-probe.js";
import type { ClientProtocol, LoadReports } from "./xds/index.js";
import { type AdsClient, startAdsClient } from "./xds/io/ads-client.js";
import { reportLoads } from "./xds/io/report-loads.js";

export interface Listening extends Closable {
  readonly port: number;
}

export interface World {
  readonly version: string;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly store: DurableStore;
  /** Keeps an ADS stream open, and one of load reports beside it. */
  connectAds(what: {
    readonly addresses: readonly string[];
    readonly tls?: ClientTlsSettings;
    readonly protocol: ClientProtocol;
    readonly loads: LoadReports;
  }): AdsClient;
  newEngine(edge: Edge): Engine;
  /** Where the access log goes. */
  readonly accessOutput: LineOutput;
  /** How this process is; without one only requests in flight shed load. */
  readonly probe: LoadProbe | undefined;
  serveAdmin(state: AdminState, listen: Listen): Promise<Result<Listening>>;
}

export const VERSION = "0.1.0";

/** The machine this process runs on. */
export function systemWorld(settings: Settings, level: LogLevel): World {
  const log = pinoLog(level, { plane: "sidecar", node: settings.node.id });
  const clock = systemClock;
  return {
    version: VERSION,
    clock,
    rng: systemRng,
    log,
    metrics: newMetrics(),
    store: diskStore(settings.stateDir, "last-known-good"),
    connectAds: ({ loads, ...what }) =>
      startAdsClient({
        ...what,
        beside: (client) => reportLoads(client, { loads, clock, rng: systemRng, log }),
        clock,
        rng: systemRng,
        log,
      }),
    newEngine: (edge) => new NetEngine({ clock, rng: systemRng, edge, leaveMs: settings.drain.leaveMs }),
    // Standard output is free in a program that runs; its own log goes to standard error.
    accessOutput: linesTo(1),
    probe: processProbe(),
    serveAdmin: startAdminServer,
  };
}
