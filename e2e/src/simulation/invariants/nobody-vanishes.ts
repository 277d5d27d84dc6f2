import type { SimulatedControlPlane } from "../simulated-control-plane.js";
import type { Observer, SimulatedMesh } from "../simulated-mesh.js";
import type { ListHistory } from "./list-history.js";
import type { Violations } from "./violations.js";

/** A save a second, and what is on its way to the disk. */
const SAVED_AFTER_MS = 1_500;

interface Members {
  readonly ids: ReadonlySet<string>;
  readonly sinceMs: number;
}

/**
 * Invariants 2, 3 and 5 at the control plane: an endpoint leaves the snapshot only when a complete reading has lost it for
 * as long as its guard asks, or it refused; never because the file is broken or gone, never by a restart.
 */
export class NobodyVanishes implements Observer {
  readonly #mesh: SimulatedMesh;
  readonly #history: ListHistory;
  readonly #violations: Violations;
  #members = new Map<string, Members>();
  readonly #departures: { readonly service: string; readonly id: string }[] = [];
  #endedAtMs = 0;

  constructor(mesh: SimulatedMesh, history: ListHistory, violations: Violations) {
    this.#mesh = mesh;
    this.#history = history;
    this.#violations = violations;
  }

  controlPlaneStarted({ plane }: SimulatedControlPlane): void {
    const before = this.#members;
    this.#members = new Map();
    plane.admin.snapshot.watch(({ services }) => {
      for (const { name, endpoints } of services.values()) this.#published(name, new Set(endpoints.map(({ endpoint }) => endpoint.id)));
    });
    for (const [service, { ids, sinceMs }] of before) {
      const now = this.#members.get(service)?.ids ?? new Set();
      if (this.#endedAtMs - sinceMs < SAVED_AFTER_MS || sameSet(now, ids)) continue;
      this.#violations.add(`a restart made ${service} [${[...now]}] of [${[...ids]}], which had been in force long enough to be saved`);
    }
  }

  controlPlaneEnded(): void {
    this.#endedAtMs = this.#mesh.clock.nowMs();
  }

  passed(): void {
    for (const { service, id } of this.#departures.splice(0)) {
      if (this.#history.mayLeave(service, id)) continue;
      const { list } = this.#mesh;
      const said = list.state === "good" ? `[${list.lists.get(service) ?? "no such service"}]` : `nothing: it is ${list.state}`;
      this.#violations.add(`${id} left ${service} in the snapshot although the list says ${said}`);
    }
  }

  #published(service: string, ids: ReadonlySet<string>): void {
    const before = this.#members.get(service);
    if (before !== undefined && sameSet(before.ids, ids)) return;
    for (const id of before?.ids ?? []) if (!ids.has(id)) this.#departures.push({ service, id });
    this.#members.set(service, { ids, sinceMs: this.#mesh.clock.nowMs() });
  }
}

export function sameSet<T>(one: ReadonlySet<T>, other: ReadonlySet<T>): boolean {
  return one.size === other.size && [...one].every((item) => other.has(item));
}
