import type { Rng } from "@fairlead/shared";
import type { EndpointState } from "../endpoint/index.js";
import type { BalancerMemory } from "./balancer-memory.js";
import type { Ejection, PickContext } from "./picker.js";

/** One policy over one fixed set; what makes its choice a lease is the picker's. */
export interface Chooser {
  /**
   * Undefined when nobody may be picked. `desperate` takes those too that are passed over because of local evidence, never
   * those that the request excludes.
   */
  choose(context: PickContext, desperate: boolean): EndpointState | undefined;
}

export interface ChooserDeps {
  readonly rng: Rng;
  readonly ejection: Ejection;
  readonly memory: BalancerMemory;
}
