import { seeded } from "@fairlead/shared";
import { timeText, watchInvariants } from "./invariants/index.js";
import { FIRST_LISTS, POOL, RandomFaults } from "./random-faults.js";
import { SimulatedMesh } from "./simulated-mesh.js";

const FAULTS = 40;
/** Between two faults: often too short for anything to settle, sometimes long enough for a check to change its mind. */
const PAUSE_MS = { least: 20, most: 1_500 };
/** Longer than the longest reconnect delay, and than what came back from a collapse is waited for (90 s). */
const QUIET_MS = 100_000;
const REQUEST_EVERY_MS = 100;
/** Nobody is killed in the quiet: coarse steps are as good, and five times as fast. */
const QUIET_STEP_MS = 50;

/** One run of a mesh from a seed: faults, then quiet. Everything in it follows from the seed. */
export class RandomRun {
  readonly mesh: SimulatedMesh;
  readonly watched: ReturnType<typeof watchInvariants>;
  readonly #seed: number;
  readonly #faults: RandomFaults;
  readonly #pauses;
  readonly #log: string[] = [];

  constructor(seed: number) {
    this.#seed = seed;
    this.mesh = new SimulatedMesh(seed, Object.keys(POOL));
    this.watched = watchInvariants(this.mesh);
    this.#faults = new RandomFaults(this.mesh, seeded(seed ^ 0x5eed));
    this.#pauses = seeded(seed ^ 0x9a05e);
  }

  /** What happened, a line each, with its time. */
  get log(): readonly string[] {
    return this.#log;
  }

  /** Everybody up, listed, connected and saved. */
  async begin(): Promise<void> {
    const { mesh } = this;
    for (const ids of Object.values(POOL)) for (const id of ids) mesh.backends.set(id, "up");
    mesh.list.write(FIRST_LISTS);
    await mesh.startControlPlane();
    await mesh.restartSidecar();
    await mesh.advance(3_000);
    this.#say("everybody is up");
  }

  /** Faults and requests, with every invariant looked at all the while. */
  async faults(count = FAULTS): Promise<void> {
    for (let fault = 0; fault < count; fault++) {
      this.#say(await this.#faults.next());
      const pauseMs = PAUSE_MS.least + Math.round(this.#pauses.next() * (PAUSE_MS.most - PAUSE_MS.least));
      await this.#passWithRequests(pauseMs);
      this.expectNoViolation();
    }
  }

  /** The control plane runs, the file is whole, nothing else happens. Backends stay as they are. */
  async quiet(): Promise<void> {
    this.#say(this.#faults.mendList());
    const started = await this.#faults.startControlPlane();
    if (started !== undefined) this.#say(started);
    await this.mesh.advance(QUIET_MS, QUIET_STEP_MS);
    this.expectNoViolation();
  }

  permuteList(): void {
    this.#say(this.#faults.permuteList());
  }

  async restartControlPlane(): Promise<void> {
    await this.mesh.endControlPlane("kill");
    await this.mesh.startControlPlane();
    this.#say("the control plane is killed and starts again");
  }

  /** Throws with the seed and all that happened. */
  expectNoViolation(): void {
    const { lines } = this.watched.violations;
    if (lines.length > 0) throw new Error(`seed ${this.#seed}:\n${lines.join("\n")}\nafter\n${this.#log.join("\n")}`);
  }

  expect(holds: boolean, promise: string): void {
    if (!holds) this.watched.violations.add(promise);
    this.expectNoViolation();
  }

  async #passWithRequests(ms: number): Promise<void> {
    const { mesh } = this;
    for (let passedMs = 0; passedMs < ms; passedMs += REQUEST_EVERY_MS) {
      for (const service of mesh.upstreams) mesh.sidecar.engine.get(service);
      await mesh.advance(Math.min(REQUEST_EVERY_MS, ms - passedMs));
    }
  }

  #say(what: string): void {
    this.#log.push(`${timeText(this.mesh.clock.nowMs())} ${what}`);
  }
}
