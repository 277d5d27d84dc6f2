import type { SimulatedControlPlane } from "../simulated-control-plane.js";
import type { Observer } from "../simulated-mesh.js";
import type { Violations } from "./violations.js";

/** Invariant 7: a version stands for one content and a content for one version, on every run of every replica. */
export class EqualContentEqualVersion implements Observer {
  readonly #violations: Violations;
  readonly #contentOf = new Map<string, string>();
  readonly #versionOf = new Map<string, string>();

  constructor(violations: Violations) {
    this.#violations = violations;
  }

  controlPlaneStarted({ plane }: SimulatedControlPlane): void {
    plane.admin.snapshot.watch(({ services }) => {
      for (const { version, endpoints, confirmed } of services.values()) {
        // Every service of the simulation has the default settings.
        const members = endpoints.map(({ endpoint, health, share, ramp }) => [
          endpoint.id,
          endpoint.weight,
          endpoint.zone,
          health,
          share ?? 1,
          ramp,
        ]);
        const content = JSON.stringify(confirmed === undefined ? members : [...members, "confirmed"]);
        this.#expect(this.#contentOf, version, content);
        this.#expect(this.#versionOf, content, version);
      }
    });
  }

  #expect(known: Map<string, string>, key: string, value: string): void {
    const before = known.get(key);
    if (before === undefined) known.set(key, value);
    else if (before !== value) this.#violations.add(`${key} was ${before} and is now ${value}`);
  }
}
