import type { Observer, SimulatedMesh } from "../simulated-mesh.js";
import type { Violations } from "./violations.js";

/** Two changes wait for one another's ACK at most, each a few hops of 20 ms. */
const CAUGHT_UP_MS = 1_000;
/** A stream that answers nothing counts as connected after a second: then its first answers are still to come. */
const CONNECTED_MS = 2_000;

/** A sidecar with a stream has what the snapshot says, a moment after it says it. */
export class SidecarCatchesUp implements Observer {
  readonly #mesh: SimulatedMesh;
  readonly #violations: Violations;

  constructor(mesh: SimulatedMesh, violations: Violations) {
    this.#mesh = mesh;
    this.#violations = violations;
  }

  passed(): void {
    const { controlPlane, sidecar, network, clock } = this.#mesh;
    const snapshot = controlPlane?.plane.admin.snapshot.value;
    const connection = sidecar.plane.admin.connection.value;
    if (snapshot === undefined || connection.kind !== "connected" || network.hasStalled) return;
    if (clock.wallMs() - snapshot.publishedAtMs < CAUGHT_UP_MS || clock.wallMs() - connection.sinceMs < CONNECTED_MS) return;
    const difference = differenceOf(this.#mesh);
    if (difference !== undefined) this.#violations.add(difference);
  }
}

/** What the sidecar has otherwise than the snapshot; undefined where they agree. */
export function differenceOf({ controlPlane, sidecar }: SimulatedMesh): string | undefined {
  const table = sidecar.plane.admin.table.value;
  for (const { name, endpoints } of controlPlane?.plane.admin.snapshot.value.services.values() ?? []) {
    const published = endpoints.map(({ endpoint, health }) => `${endpoint.id} ${health}`).join();
    const applied = table
      .get(name)
      ?.assignment.endpoints.map(({ id, health }) => `${id} ${health}`)
      .join();
    if (applied !== published) return `the snapshot has ${name} [${published}], the sidecar [${applied ?? "nothing"}]`;
  }
  return undefined;
}
