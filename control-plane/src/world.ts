// Everything the control plane takes from outside. The simulation makes another one.

import {
  type Clock,
  type Closable,
  type DurableStore,
  type Log,
  type LogLevel,
  type Metrics,
  newMetrics,
  ok,
  type Result,
  type Rng,
  type Watchable,
} from "@fairlead/shared";
import { diskStore, pinoLog, systemClock, systemRng, systemUuid } from "@fairlead/shared/io";
import type { AdminState } from "./admin/index.js";
import { startAdminServer } from "./admin/io/admin-server.js";
import type { Listen, Settings } from "./config/index.js";
import type { DnsTransport } from "./discovery/dns/index.js";
import { randomQueryId, systemResolvers, udpTcpTransport } from "./discovery/dns/io/index.js";
import type { ListFile } from "./discovery/file/index.js";
import { listFileOnDisk } from "./discovery/file/io/index.js";
import type { Connect } from "./discovery/zookeeper/index.js";
import { connectZooKeeper } from "./discovery/zookeeper/io/index.js";
import type { Probe } from "./health/index.js";
import { networkProbe } from "./health/io/index.js";
import type { ServedElsewhere } from "./observe/index.js";
import { servedElsewhere } from "./observe/io/index.js";
import type { LoadObserver, StreamObserver, TlsState, ViewOf } from "./xds/index.js";
import { DEFAULT_LIMITS, newXdsServer } from "./xds/library.js";

export interface Listening extends Closable {
  readonly port: number;
}

export interface ListeningXds extends Listening {
  /** The certificate in force; undefined without TLS. */
  readonly tls?: Watchable<TlsState | undefined>;
}

export interface World {
  readonly version: string;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
  readonly metrics: Metrics;
  uuid(): string;
  readonly stores: { readonly snapshot: DurableStore; readonly lineage: DurableStore; readonly zookeeper: DurableStore };
  readonly discovery: {
    zookeeper(log: Log): Connect;
    listFile(path: string, log: Log): ListFile;
    readonly dns: {
      readonly transport: DnsTransport;
      readonly nextQueryId: () => number;
      readonly systemResolvers: Watchable<readonly string[]>;
    };
  };
  readonly probe: Probe;
  /** What another control plane or a file serves, for observe mode. */
  servedElsewhere(against: string): ServedElsewhere;
  serveXds(
    what: {
      readonly viewOf: ViewOf;
      readonly observer: StreamObserver;
      readonly loads: LoadObserver;
      /** As `/readyz` says. */
      readonly ready: Watchable<boolean>;
      readonly identifier: string;
    },
    at: Settings["xds"],
  ): Promise<Result<ListeningXds>>;
  serveAdmin(state: AdminState, listen: Listen): Promise<Result<Listening>>;
}

export const VERSION = "0.1.0";

/** The machine this process runs on. */
export async function systemWorld(settings: Settings, level: LogLevel): Promise<World> {
  const log = pinoLog(level, { plane: "control-plane", id: settings.id });
  const clock = systemClock;
  const rng = systemRng;
  const metrics = newMetrics();
  const resolvers = await systemResolvers({ clock, log });
  return {
    version: VERSION,
    clock,
    rng,
    log,
    metrics,
    uuid: systemUuid,
    stores: {
      snapshot: diskStore(settings.stateDir, "snapshot"),
      lineage: diskStore(settings.stateDir, "lineage"),
      zookeeper: diskStore(settings.stateDir, "zookeeper"),
    },
    discovery: {
      zookeeper: (sourceLog) => connectZooKeeper({ clock, rng, log: sourceLog }),
      listFile: (path, sourceLog) => listFileOnDisk(path, { clock, log: sourceLog }),
      dns: { transport: udpTcpTransport, nextQueryId: randomQueryId, systemResolvers: resolvers },
    },
    probe: networkProbe,
    servedElsewhere,
    async serveXds(what, { listen, tls }) {
      const server = newXdsServer({ ...what, clock, rng, log, metrics, limits: DEFAULT_LIMITS, tls, gated: true });
      const listening = await server.listen(listen);
      return listening.ok ? ok({ port: listening.value.port, tls: server.tls, close: () => server.close() }) : listening;
    },
    serveAdmin: startAdminServer,
  };
}
