import { timeText } from "./invariants/index.js";
import type { SimulatedControlPlane } from "./simulated-control-plane.js";
import type { SimulatedRequest } from "./simulated-engine.js";
import type { Observer, SimulatedMesh } from "./simulated-mesh.js";
import type { SimulatedSidecar } from "./simulated-sidecar.js";

/** Everything that two runs of one seed must have in common, as lines. */
export class Account implements Observer {
  readonly lines: string[] = [];
  readonly #mesh: SimulatedMesh;

  constructor(mesh: SimulatedMesh) {
    this.#mesh = mesh;
    mesh.observe(this);
  }

  controlPlaneStarted({ plane }: SimulatedControlPlane): void {
    plane.admin.snapshot.watch(({ version, position }) => this.#add(`published ${version} at ${position}`));
  }

  controlPlaneEnded({ log }: SimulatedControlPlane): void {
    this.#add(JSON.stringify(log.lines));
  }

  sidecarStarted({ plane }: SimulatedSidecar): void {
    plane.admin.table.watch((table) =>
      this.#add(`table ${[...table.values()].map(({ name, assignment }) => `${name} ${assignment.version}`)}`),
    );
  }

  sidecarEnded({ log }: SimulatedSidecar): void {
    this.#add(JSON.stringify(log.lines));
  }

  requestEnded(request: SimulatedRequest): void {
    this.#add(JSON.stringify(request));
  }

  #add(line: string): void {
    this.lines.push(`${timeText(this.#mesh.clock.nowMs())} ${line}`);
  }
}
