import type { BackendState } from "../simulated-backends.js";
import type { Observer, SimulatedMesh } from "../simulated-mesh.js";
import type { ListHistory } from "./list-history.js";
import type { Violations } from "./violations.js";

/** With a check every 700 ms (500 after a failure), time-out 300 ms, 3 failures or 2 passes, and a publish after at most 500 ms. */
const KNOWN_AFTER_MS: Readonly<Record<BackendState, number>> = { refusing: 1_500, silent: 4_000, ailing: 4_000, up: 3_000 };
/** Whatever guard holds it: the debounce of a second, the check, the publish. */
const REFUSAL_ENDS_HOLDS_MS = 2_500;
/** A broken file is read within its notification and a step. */
const FILE_KNOWN_AFTER_MS = 300;

/**
 * Invariants 3, 4 and 16 at the control plane: who refuses is out soon, who is silent after its failed checks, who answers is in and
 * healthy; a file that cannot be read shows.
 */
export class FastOnAnswers implements Observer {
  readonly #mesh: SimulatedMesh;
  readonly #history: ListHistory;
  readonly #violations: Violations;
  /** In the snapshot of the present run since then. */
  #presentSinceMs = new Map<string, number>();

  constructor(mesh: SimulatedMesh, history: ListHistory, violations: Violations) {
    this.#mesh = mesh;
    this.#history = history;
    this.#violations = violations;
  }

  controlPlaneStarted(): void {
    this.#presentSinceMs = new Map();
  }

  passed(): void {
    const nowMs = this.#mesh.clock.nowMs();
    const { controlPlane, list } = this.#mesh;
    if (controlPlane === undefined) return;
    const runsForMs = nowMs - controlPlane.lifetime.beganMs;
    const present = this.#lookAtPresent(nowMs);
    this.#lookAtListed(present, runsForMs);
    const listing = controlPlane.plane.admin.registry.sources.value[0]?.listing;
    if (Math.min(runsForMs, list.steadyMs) > FILE_KNOWN_AFTER_MS && (listing?.kind === "seen") !== (list.state === "good"))
      this.#violations.add(`the list is ${list.state} and shown as ${listing?.kind}`);
  }

  /** @returns health by `service id` */
  #lookAtPresent(nowMs: number): ReadonlyMap<string, string> {
    const { controlPlane, backends } = this.#mesh;
    const present = new Map<string, string>();
    for (const { name, endpoints } of controlPlane?.plane.admin.snapshot.value.services.values() ?? []) {
      for (const { endpoint, health } of endpoints) present.set(`${name} ${endpoint.id}`, health);
    }
    const before = this.#presentSinceMs;
    this.#presentSinceMs = new Map([...present.keys()].map((key) => [key, before.get(key) ?? nowMs]));
    for (const [key, sinceMs] of this.#presentSinceMs) {
      const [service = "", id = ""] = key.split(" ");
      const uselessForMs = Math.min(nowMs - sinceMs, this.#history.missingForMs(service, id), backends.steadyMs(id));
      if (backends.stateOf(id) === "refusing" && uselessForMs > REFUSAL_ENDS_HOLDS_MS)
        this.#violations.add(`${key} refuses and is not listed for ${Math.round(uselessForMs)} ms, and still in the snapshot`);
      const state = backends.stateOf(id);
      const expected = state === "up" ? "healthy" : "unhealthy";
      const knownForMs = Math.min(nowMs - sinceMs, backends.steadyMs(id));
      if (knownForMs > KNOWN_AFTER_MS[state] && present.get(key) !== expected && !this.#isBraked(service, id))
        this.#violations.add(`${key} is ${state} for ${Math.round(knownForMs)} ms and ${present.get(key)} in the snapshot`);
    }
    return present;
  }

  /** Doubtful evidence against many waits its turn; a refusal never does, and is held against nobody here. */
  #isBraked(service: string, id: string): boolean {
    const isDoubtful = ["silent", "ailing"].includes(this.#mesh.backends.stateOf(id));
    return isDoubtful && this.#mesh.controlPlane?.plane.admin.health.explain(service as never, id as never)?.heldBy !== undefined;
  }

  #lookAtListed(present: ReadonlyMap<string, string>, runsForMs: number): void {
    const { list, backends } = this.#mesh;
    for (const [service, ids] of list.lists) {
      for (const id of ids) {
        const dueForMs = Math.min(runsForMs, this.#history.listedForMs(service, id), backends.steadyMs(id));
        if (backends.stateOf(id) === "up" && dueForMs > KNOWN_AFTER_MS.up && !present.has(`${service} ${id}`))
          this.#violations.add(`${id} is listed for ${service} and up for ${Math.round(dueForMs)} ms, and not in the snapshot`);
      }
    }
  }
}
