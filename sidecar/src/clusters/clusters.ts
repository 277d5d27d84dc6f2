import { Cell, type Clock, type Closable, closeAll, type Log, type Timer, type Watchable } from "@fairlead/shared";
import type { AppliedResources } from "../endpoint/index.js";
import { type ActiveCluster, activate, type NewPicker } from "./active-cluster.js";
import { STANDBY_MS } from "./standby.js";
import { remainingMs, type VerdictAge } from "./verdict-age.js";

/** By service. A service that is not in it has no cluster or no assignment yet. Immutable; unchanged clusters keep their reference. */
export type ClusterTable = ReadonlyMap<string, ActiveCluster>;

export interface ClustersOptions {
  readonly applied: Watchable<AppliedResources>;
  readonly verdicts: Watchable<VerdictAge>;
  readonly newPicker: NewPicker;
  readonly clock: Clock;
  readonly log: Log;
}

/** Turns what was applied into what requests use: one table, replaced whole, and only when something in it changed. */
export class Clusters implements Closable {
  readonly #options: ClustersOptions;
  readonly #table = new Cell<ClusterTable>(new Map());
  readonly #watches: readonly Closable[];
  #applied: AppliedResources;
  #verdictsExpired = false;
  #expiry: Timer | undefined;
  #standbyEnd: Timer | undefined;

  constructor(options: ClustersOptions) {
    this.#options = options;
    this.#applied = options.applied.value;
    this.#watches = [
      options.verdicts.watch((age) => this.#onVerdictAge(age)),
      options.applied.watch((applied) => {
        this.#applied = applied;
        this.#rebuild();
      }),
    ];
  }

  get table(): Watchable<ClusterTable> {
    return this.#table;
  }

  async close(): Promise<void> {
    this.#expiry?.cancel();
    this.#standbyEnd?.cancel();
    await closeAll(this.#watches);
  }

  #onVerdictAge(age: VerdictAge): void {
    this.#expiry?.cancel();
    this.#expiry = undefined;
    const delayMs = remainingMs(age, this.#options.clock.wallMs());
    if (delayMs === undefined || delayMs > 0) this.#expire(false);
    if (delayMs === 0) this.#expire(true);
    else if (delayMs !== undefined) this.#expiry = this.#options.clock.schedule(delayMs, () => this.#expire(true));
  }

  #expire(expired: boolean): void {
    if (this.#verdictsExpired === expired) return;
    const concerned = () => [...this.#table.value.values()].filter((cluster) => cluster.verdictsExpired).length;
    const before = concerned();
    this.#verdictsExpired = expired;
    this.#rebuild();
    // Only a service with an unhealthy endpoint is another for it; without one there is nothing to say.
    if (expired && concerned() > 0) this.#options.log.warn("verdicts-expired", { clusters: concerned() });
    if (!expired && before > 0) this.#options.log.info("verdicts-current", { clusters: before });
  }

  #rebuild(): void {
    const before = this.#table.value;
    const next = new Map<string, ActiveCluster>();
    const { clock } = this.#options;
    const moment = { nowMs: clock.nowMs(), wallMs: clock.wallMs() };
    const { clusters, assignments, routes } = this.#applied;
    for (const [name, config] of clusters) {
      const assignment = assignments.get(name);
      if (assignment === undefined) continue;
      const parts = { config, assignment, route: routes.get(name), verdictsExpired: this.#verdictsExpired };
      const cluster = activate(parts, before.get(name), { newPicker: this.#options.newPicker, moment });
      next.set(name, cluster);
      this.#report(before.get(name), cluster);
    }
    const isSame = next.size === before.size && [...next].every(([name, cluster]) => before.get(name) === cluster);
    if (!isSame) this.#table.set(next);
    this.#awaitStandbyEnd(next, moment.nowMs);
  }

  /** One timer for whoever stands by the shortest. */
  #awaitStandbyEnd(table: ClusterTable, nowMs: number): void {
    this.#standbyEnd?.cancel();
    this.#standbyEnd = undefined;
    const ends = [...table.values()].flatMap(({ standby }) => standby.map(({ standbyUntilMs }) => standbyUntilMs));
    if (ends.length === 0) return;
    const firstMs = ends.reduce((least, endMs) => Math.min(least, endMs));
    this.#standbyEnd = this.#options.clock.schedule(Math.max(0, firstMs - nowMs), () => this.#rebuild());
  }

  /** A mode other than `healthy`, or a reserve in use, is degraded and said so, as is the way back (invariant 16). */
  #report(before: ActiveCluster | undefined, now: ActiveCluster): void {
    this.#reportStandby(before, now);
    const { mode, priority, endpoints } = now.candidates;
    const was = before?.candidates ?? { mode: "healthy", priority: 0 };
    if (mode === was.mode && priority === was.priority) return;
    const fields = { service: now.name, mode, priority, endpoints: now.endpoints.length, candidates: endpoints.length };
    if (mode === "healthy" && priority === 0) this.#options.log.info("cluster-mode", fields);
    else this.#options.log.warn("cluster-mode", fields);
  }

  #reportStandby(before: ActiveCluster | undefined, { name, standby, collapses, endpoints, assignment }: ActiveCluster): void {
    const { log } = this.#options;
    if (collapses > (before?.collapses ?? 0)) {
      log.warn("cluster-collapsed", { service: name, endpoints: endpoints.length, standby: standby.length, forMs: STANDBY_MS });
    } else if (standby.length === 0 && (before?.standby.length ?? 0) > 0) {
      const because = assignment.confirmed ? "the control plane confirmed the collapse" : "they are back, or their time is over";
      log.info("cluster-standby-over", { service: name, because });
    }
  }
}
