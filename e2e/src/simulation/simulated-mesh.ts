import { seeded } from "@fairlead/shared";
import { FakeClock, MemoryStore } from "@fairlead/shared/testing";
import { SimulatedBackends } from "./simulated-backends.js";
import { type ControlPlaneHost, type SimulatedControlPlane, type Surroundings, simulateControlPlane } from "./simulated-control-plane.js";
import type { SimulatedRequest } from "./simulated-engine.js";
import { SimulatedList } from "./simulated-list.js";
import { SimulatedNetwork } from "./simulated-network.js";
import { type SidecarHost, type SimulatedSidecar, simulateSidecar } from "./simulated-sidecar.js";

/** Who wants to see what happens. Runs of planes are shown when they have started; steps as time passes. */
export interface Observer {
  controlPlaneStarted?(run: SimulatedControlPlane): void;
  controlPlaneEnded?(run: SimulatedControlPlane): void;
  sidecarStarted?(run: SimulatedSidecar): void;
  sidecarEnded?(run: SimulatedSidecar): void;
  requestEnded?(request: SimulatedRequest): void;
  /** Time has passed, and everything that was due has happened. */
  passed?(): void;
}

/** Promises (saves, reads, checks) come back between steps: a step is how late they may be. */
const STEP_MS = 10;
/** How often observers look; what may not even last this long is watched, not looked at. */
const LOOK_EVERY_MS = 50;

/**
 * A control plane and a sidecar, whole, on one fake clock and one seed: real rooms, simulated world. Either may be killed
 * and started again on what it saved.
 */
export class SimulatedMesh {
  readonly clock = new FakeClock();
  readonly backends: SimulatedBackends;
  readonly list: SimulatedList;
  readonly network: SimulatedNetwork;
  readonly upstreams: readonly string[];
  readonly #around: Surroundings;
  readonly #controlPlaneHost: ControlPlaneHost = newHost("10.9.0.1:18000");
  readonly #sidecarHost: SidecarHost;
  readonly #observers: Observer[] = [];
  #controlPlane: SimulatedControlPlane | undefined;
  #sidecar: SimulatedSidecar | undefined;
  #lookedAtMs = 0;

  constructor(seed: number, upstreams: readonly string[]) {
    // One generator each: a change in what one part draws leaves the others' luck as it was.
    const rngs = seeded(seed);
    const rng = () => seeded(Math.floor(rngs.next() * 2 ** 32));
    const { clock } = this;
    this.upstreams = upstreams;
    this.backends = new SimulatedBackends({ clock, rng: rng() });
    this.list = new SimulatedList({ clock, rng: rng() });
    this.network = new SimulatedNetwork({ clock, rng: rng() });
    this.#around = { clock, rng: rng(), backends: this.backends, list: this.list, network: this.network };
    this.#sidecarHost = { controlPlanes: [this.#controlPlaneHost.address], upstreams, disk: new MemoryStore() };
  }

  observe(...observers: readonly Observer[]): void {
    this.#observers.push(...observers);
  }

  /** Undefined while it is down. */
  get controlPlane(): SimulatedControlPlane | undefined {
    return this.#controlPlane;
  }

  get sidecar(): SimulatedSidecar {
    if (this.#sidecar === undefined) throw new Error("the sidecar has not been started");
    return this.#sidecar;
  }

  /** Starts it on what its last run saved. */
  async startControlPlane(): Promise<void> {
    const run = await simulateControlPlane(this.#controlPlaneHost, this.#around);
    this.#controlPlane = run;
    for (const observer of this.#observers) observer.controlPlaneStarted?.(run);
  }

  /** kill -9, or SIGTERM. */
  async endControlPlane(how: "kill" | "stop"): Promise<void> {
    const run = this.#controlPlane;
    if (run === undefined) return;
    for (const observer of this.#observers) observer.controlPlaneEnded?.(run);
    this.#controlPlane = undefined;
    if (how === "kill") run.kill();
    else await run.stop();
  }

  /** A control plane of its own with the same sources, an empty disk, and no sidecars. Not shown to observers. */
  startReplica(): Promise<SimulatedControlPlane> {
    return simulateControlPlane(newHost("10.9.0.2:18000"), this.#around);
  }

  /** Starts the sidecar on what its last run saved, after kill -9 if it runs. */
  async restartSidecar(): Promise<void> {
    const before = this.#sidecar;
    if (before !== undefined) {
      for (const observer of this.#observers) observer.sidecarEnded?.(before);
      before.kill();
    }
    const onRequestEnd = (request: SimulatedRequest) => {
      for (const observer of this.#observers) observer.requestEnded?.(request);
    };
    const run = await simulateSidecar(this.#sidecarHost, { ...this.#around, onRequestEnd });
    this.#sidecar = run;
    for (const observer of this.#observers) observer.sidecarStarted?.(run);
  }

  /** Lets time pass. `stepMs` may be larger when nothing is looked at closely. */
  async advance(ms: number, stepMs = STEP_MS): Promise<void> {
    for (let leftMs = ms; leftMs > 0; leftMs -= stepMs) {
      this.clock.advance(Math.min(stepMs, leftMs));
      await everyPromise();
      if (this.clock.nowMs() - this.#lookedAtMs < LOOK_EVERY_MS) continue;
      this.#lookedAtMs = this.clock.nowMs();
      for (const observer of this.#observers) observer.passed?.();
    }
  }
}

function newHost(address: string): ControlPlaneHost {
  return { address, disks: { snapshot: new MemoryStore(), lineage: new MemoryStore(), zookeeper: new MemoryStore() } };
}

/** Resolves when every promise that can go on without time passing has: the loop turns only when no microtask is left. */
function everyPromise(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
