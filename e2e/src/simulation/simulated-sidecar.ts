import { type Clock, newMetrics, ok, type Rng, seeded } from "@fairlead/shared";
import { type MemoryStore, RecordedLog } from "@fairlead/shared/testing";
import { startSidecar } from "@fairlead/sidecar/app";
import { readSettings } from "@fairlead/sidecar/config";
import { Lifetime } from "./lifetime.js";
import { simulatedAdsClient } from "./simulated-ads-client.js";
import type { SimulatedBackends } from "./simulated-backends.js";
import { SimulatedEngine, type SimulatedRequest } from "./simulated-engine.js";
import type { SimulatedNetwork } from "./simulated-network.js";

export type SidecarWorld = Parameters<typeof startSidecar>[0];
type Started = Extract<Awaited<ReturnType<typeof startSidecar>>, { ok: true }>["value"];

export interface SidecarHost {
  readonly controlPlanes: readonly string[];
  readonly upstreams: readonly string[];
  readonly disk: MemoryStore;
}

export interface SidecarSurroundings {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly backends: SimulatedBackends;
  readonly network: SimulatedNetwork;
  readonly onRequestEnd: (request: SimulatedRequest) => void;
}

/** One run of a sidecar. */
export interface SimulatedSidecar {
  readonly plane: Started;
  readonly lifetime: Lifetime;
  readonly engine: SimulatedEngine;
  readonly log: RecordedLog;
  /** kill -9. */
  kill(): void;
}

/** Starts the real sidecar in a world of its own. */
export async function simulateSidecar(host: SidecarHost, around: SidecarSurroundings): Promise<SimulatedSidecar> {
  const lifetime = new Lifetime(around.clock);
  const { clock } = lifetime;
  const { network, backends } = around;
  const log = new RecordedLog();
  const engine = new SimulatedEngine({ lifetime, backends, onEnd: around.onRequestEnd });
  const rng = seeded(Math.floor(around.rng.next() * 2 ** 32));
  let ads: ReturnType<SidecarWorld["connectAds"]> | undefined;
  const world: SidecarWorld = {
    version: "0.1.0",
    clock,
    rng,
    log,
    metrics: newMetrics(),
    store: lifetime.store(host.disk),
    connectAds: (what) => (ads = simulatedAdsClient({ ...what, clock, rng, network })),
    newEngine: () => engine,
    accessOutput: { write: (_, done) => done() },
    probe: undefined,
    serveAdmin: () => Promise.resolve(ok({ port: 15_000, close: () => undefined })),
  };
  const started = await startSidecar(world, settingsFor(host));
  if (!started.ok) throw new Error(`the sidecar did not start: ${started.error.reason}`);
  return {
    plane: started.value,
    lifetime,
    engine,
    log,
    kill() {
      lifetime.end();
      void ads?.close();
    },
  };
}

function settingsFor({ controlPlanes, upstreams }: SidecarHost) {
  const listens = upstreams.map((service, index) => `{ service: ${service}, listen: "127.0.0.1:${9_001 + index}" }`);
  const text = `
node: { id: web-1, cluster: web }
stateDir: /state
controlPlane: { addresses: [ ${controlPlanes.map((address) => JSON.stringify(address)).join(", ")} ] }
upstreams: [ ${listens.join(", ")} ]
`;
  const settings = readSettings({ file: "sidecar.yaml", text, environment: {}, resolve: (path) => path });
  if (!settings.ok) throw new Error(`the simulation's own configuration is refused: ${JSON.stringify(settings.error)}`);
  return settings.value.settings;
}
