import { startControlPlane } from "@fairlead/control-plane/app";
import { readSettings } from "@fairlead/control-plane/config";
import { connectOver, type FakeZooKeeper } from "@fairlead/control-plane/discovery/zookeeper/testing";
import { RESOURCE_TYPES } from "@fairlead/proto";
import { Cell, type Clock, newMetrics, ok, type Rng, seeded } from "@fairlead/shared";
import { type MemoryStore, RecordedLog } from "@fairlead/shared/testing";
import { Lifetime } from "./lifetime.js";
import type { SimulatedBackends } from "./simulated-backends.js";
import type { SimulatedList } from "./simulated-list.js";
import type { SimulatedNetwork } from "./simulated-network.js";
import { SimulatedXdsServer } from "./simulated-xds-server.js";

export type ControlPlaneWorld = Parameters<typeof startControlPlane>[0];
type Served = Parameters<ControlPlaneWorld["serveXds"]>[0];
type Started = Extract<Awaited<ReturnType<typeof startControlPlane>>, { ok: true }>["value"];

/** What outlives a run of a control plane. */
export interface ControlPlaneHost {
  readonly address: string;
  readonly disks: { readonly snapshot: MemoryStore; readonly lineage: MemoryStore; readonly zookeeper: MemoryStore };
  /** Its configuration file; default: a list in a file, and quick checks. */
  readonly config?: string;
}

export interface Surroundings {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly backends: SimulatedBackends;
  readonly list: SimulatedList;
  readonly network: SimulatedNetwork;
  /** Behind every source of type zookeeper; without one there may be none. */
  readonly zookeeper?: FakeZooKeeper;
}

/** One run of a control plane. */
export interface SimulatedControlPlane {
  readonly plane: Started;
  /** What it serves to sidecars like ours. */
  readonly view: ReturnType<Served["viewOf"]>;
  readonly lifetime: Lifetime;
  readonly log: RecordedLog;
  /** What it serves to sidecars like ours: version by service of each assignment. */
  assignmentVersions(): ReadonlyMap<string, string>;
  /** Resources put into responses so far. */
  resourcesSent(): number;
  /** kill -9. */
  kill(): void;
  /** SIGTERM. */
  stop(): Promise<void>;
}

/** Quick checks, so that half a minute holds many of them, and such that only the refused-twice rule meets its limit. */
const CONFIG = `
id: cp-1
stateDir: /state
bootWait: 2s
sources: [ { name: lists, type: file, path: /lists.yaml } ]
defaults:
  check: { type: http, path: /healthz, host: check, interval: 700ms, fastInterval: 500ms, timeout: 300ms, rise: 2, fall: 3 }
`;

const SIDECAR = {
  id: "web-1",
  cluster: "web",
  zone: "default",
  userAgentName: "fairlead",
  userAgentVersion: "0.1.0",
  clientFeatures: [],
  metadata: {},
};

/** Starts the real control plane in a world of its own. */
export async function simulateControlPlane(host: ControlPlaneHost, around: Surroundings): Promise<SimulatedControlPlane> {
  const text = host.config ?? CONFIG;
  const settings = readSettings({ main: { file: "cp.yaml", text }, environment: {}, included: [], resolve: (path) => path });
  if (!settings.ok) throw new Error(`the simulation's own configuration is refused: ${JSON.stringify(settings.error)}`);
  const lifetime = new Lifetime(around.clock);
  const log = new RecordedLog();
  const counted = { resources: 0 };
  let served: Served | undefined;
  const world = newWorld({ host, around, lifetime, log, counted, onServe: (what) => (served = what) });
  const started = await startControlPlane(world, settings.value.settings);
  if (!started.ok) throw new Error(`the control plane did not start: ${started.error.reason}`);
  const { value: plane } = started;
  if (served === undefined) throw new Error("the control plane serves no xDS");
  const view = served.viewOf(SIDECAR);
  return {
    plane,
    view,
    lifetime,
    log,
    assignmentVersions() {
      const resources = view.value.types.get(RESOURCE_TYPES.assignment)?.resources ?? new Map();
      return new Map([...resources.values()].map(({ name, version }) => [name, version]));
    },
    resourcesSent: () => counted.resources,
    kill() {
      lifetime.end();
      around.network.unlisten(host.address);
    },
    async stop() {
      await plane.close();
      lifetime.end();
    },
  };
}

interface WorldParts {
  readonly host: ControlPlaneHost;
  readonly around: Surroundings;
  readonly lifetime: Lifetime;
  readonly log: RecordedLog;
  readonly counted: { resources: number };
  readonly onServe: (what: Served) => void;
}

function newWorld({ host, around, lifetime, log, counted, onServe }: WorldParts): ControlPlaneWorld {
  const { clock } = lifetime;
  const seed = Math.floor(around.rng.next() * 2 ** 32);
  return {
    version: "0.1.0",
    clock,
    rng: seeded(seed),
    log,
    metrics: newMetrics(),
    uuid: () => `lineage-${seed}`,
    stores: {
      snapshot: lifetime.store(host.disks.snapshot),
      lineage: lifetime.store(host.disks.lineage),
      zookeeper: lifetime.store(host.disks.zookeeper),
    },
    discovery: {
      zookeeper: (sourceLog) => {
        const openLink = around.zookeeper?.openLink ?? (() => notSimulated("ZooKeeper"));
        return connectOver({ clock, rng: seeded(seed + 1), log: sourceLog, openLink });
      },
      listFile: () => around.list.open(clock),
      dns: { transport: { exchange: () => notSimulated("DNS") }, nextQueryId: () => notSimulated("DNS"), systemResolvers: new Cell([]) },
    },
    probe: around.backends.probe(clock),
    servedElsewhere: () => notSimulated("observe mode"),
    serveXds(what) {
      onServe(what);
      const server = new SimulatedXdsServer(what, { clock, onSent: (resources) => (counted.resources += resources) });
      around.network.listen(host.address, server);
      const close = () => {
        server.close();
        around.network.unlisten(host.address);
      };
      return Promise.resolve(ok({ port: 18_000, close }));
    },
    serveAdmin: () => Promise.resolve(ok({ port: 18_001, close: () => undefined })),
  };
}

function notSimulated(what: string): never {
  throw new Error(`${what} is not part of this simulation`);
}
