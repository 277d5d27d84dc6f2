import type { SimulatedRequest } from "../simulated-engine.js";
import type { Observer, SimulatedMesh } from "../simulated-mesh.js";
import type { Violations } from "./violations.js";

/** Two failures eject, for 1 s, then 2, then 4: one probe each. Requests under way and endpoints taken back into the list add a few. */
const FIRST_TRIES = 8;
const TRIES_PER_SECOND = 1;

/**
 * Whatever the control plane says or cannot say, an endpoint that refuses is soon tried no more than now and then, as long
 * as another answers: the sidecar's own connect failures are evidence enough.
 */
export class TheDeadAreAvoided implements Observer {
  readonly #mesh: SimulatedMesh;
  readonly #violations: Violations;
  /** Tries that were refused, by address, since it began to refuse. */
  #refused = new Map<string, { readonly sinceMs: number; tries: number }>();

  constructor(mesh: SimulatedMesh, violations: Violations) {
    this.#mesh = mesh;
    this.#violations = violations;
  }

  /** What a sidecar learnt of endpoints goes with it. */
  sidecarStarted(): void {
    this.#refused = new Map();
  }

  requestEnded({ tries, end }: SimulatedRequest): void {
    // Where nobody else answered there was nobody better to try.
    if (end?.kind !== "answered") return;
    for (const { address, outcome } of tries) {
      if (outcome?.kind === "failure" && outcome.code === "connect-refused") this.#count(address);
    }
  }

  #count(address: string): void {
    const { backends, clock } = this.#mesh;
    const nowMs = clock.nowMs();
    const before = this.#refused.get(address);
    const refusesSinceMs = nowMs - backends.steadyMs(address);
    const entry = before !== undefined && before.sinceMs >= refusesSinceMs ? before : { sinceMs: nowMs, tries: 0 };
    entry.tries++;
    this.#refused.set(address, entry);
    if (entry.tries > FIRST_TRIES + ((nowMs - entry.sinceMs) / 1_000) * TRIES_PER_SECOND)
      this.#violations.add(`${address} refused ${entry.tries} tries in ${Math.round(nowMs - entry.sinceMs)} ms although others answer`);
  }
}
