import type { SimulatedControlPlane } from "../simulated-control-plane.js";
import type { Observer, SimulatedMesh } from "../simulated-mesh.js";
import type { SimulatedSidecar } from "../simulated-sidecar.js";
import { sameSet } from "./nobody-vanishes.js";
import type { Violations } from "./violations.js";

type ClusterTable = SimulatedSidecar["plane"]["admin"]["table"]["value"];
type Cluster = NonNullable<ReturnType<ClusterTable["get"]>>;

/** Saves follow changes after 50 ms, one a second. */
const SAVED_AFTER_MS = 1_500;
/** Invariant 10, and a step. */
const VERDICTS_EXPIRE_MS = 60_050;

/**
 * At the sidecar: it holds what a control plane has said and nothing else (8), unchanged by the loss of it (1), across
 * restarts; no Cluster goes while its service is listed (9); what did not change keeps its reference (6); an endpoint that
 * stayed keeps its history (11); verdicts expire (10).
 */
export class SidecarKeepsWhatItHas implements Observer {
  readonly #mesh: SimulatedMesh;
  readonly #violations: Violations;
  readonly #said = new Set<string>();
  #table: ClusterTable = new Map();
  #changedAtMs = 0;
  #endedAtMs = 0;

  constructor(mesh: SimulatedMesh, violations: Violations) {
    this.#mesh = mesh;
    this.#violations = violations;
  }

  controlPlaneStarted({ plane }: SimulatedControlPlane): void {
    plane.admin.snapshot.watch(({ services }) => {
      for (const { name, endpoints } of services.values())
        this.#said.add(`${name} ${endpoints.map(({ endpoint, health }) => `${endpoint.id} ${health}`)}`);
    });
  }

  sidecarStarted(run: SimulatedSidecar): void {
    const before = this.#table;
    const { table } = run.plane.admin;
    this.#table = table.value;
    if (this.#endedAtMs - this.#changedAtMs >= SAVED_AFTER_MS) {
      for (const [name, cluster] of before) {
        const now = table.value.get(name);
        if (now === undefined || !sameSet(idsOf(now), idsOf(cluster)))
          this.#violations.add(`a restart of the sidecar made ${name} ${textOf(now)} of ${textOf(cluster)}`);
      }
    }
    table.watch((next) => this.#changed(run, next));
  }

  sidecarEnded(): void {
    this.#endedAtMs = this.#mesh.clock.nowMs();
  }

  passed(): void {
    const { connection, table, clock } = this.#mesh.sidecar.plane.admin;
    const { value } = connection;
    if (value.kind !== "disconnected" || !value.wasConnected || clock.wallMs() - value.sinceMs < VERDICTS_EXPIRE_MS) return;
    for (const { name, verdictsExpired, assignment } of table.value.values()) {
      if (verdictsExpired !== assignment.endpoints.some(({ health }) => health === "unhealthy"))
        this.#violations.add(`verdicts on ${name} still count a minute after the stream was lost`);
    }
  }

  #changed(run: SimulatedSidecar, next: ClusterTable): void {
    const before = this.#table;
    this.#table = next;
    if (next === before) return;
    this.#changedAtMs = this.#mesh.clock.nowMs();
    for (const name of before.keys()) {
      if (!next.has(name) && this.#mesh.list.lists.has(name))
        this.#violations.add(`the Cluster ${name} went although its service is listed`);
    }
    for (const [name, cluster] of next) {
      if (!this.#said.has(`${name} ${textOf(cluster)}`)) this.#violations.add(`no control plane ever said ${name} ${textOf(cluster)}`);
      const was = before.get(name);
      if (was !== undefined) this.#compare(was, cluster, run.plane.admin.connection.value.kind === "connected");
    }
  }

  #compare(was: Cluster, now: Cluster, connected: boolean): void {
    const same = was.assignment === now.assignment && was.config === now.config && was.route === now.route;
    if (same && was.verdictsExpired === now.verdictsExpired && was.standby === now.standby && was !== now)
      this.#violations.add(`${now.name} did not change and lost its reference`);
    if (!connected && !sameSet(idsOf(was), idsOf(now)))
      this.#violations.add(`${now.name} went from ${textOf(was)} to ${textOf(now)} with no control plane to say so`);
    const states = new Map([...was.endpoints, ...was.standby].map((state) => [state.endpoint.id, state]));
    for (const state of now.endpoints) {
      const known = states.get(state.endpoint.id);
      if (known !== undefined && known !== state) this.#violations.add(`${state.endpoint.id} of ${now.name} stayed and lost its history`);
    }
  }
}

function idsOf({ assignment }: Cluster): ReadonlySet<string> {
  return new Set(assignment.endpoints.map(({ id }) => id));
}

function textOf(cluster: Cluster | undefined): string {
  return cluster === undefined ? "nothing" : `${cluster.assignment.endpoints.map(({ id, health }) => `${id} ${health}`)}`;
}
