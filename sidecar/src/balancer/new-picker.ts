import type { BalancerPolicy, Rng } from "@fairlead/shared";
import type { EndpointState } from "../endpoint/index.js";
import { LeastRequestPicker } from "./least-request.js";
import type { Ejection, Picker } from "./picker.js";
import { RoundRobinPicker } from "./round-robin.js";

export interface PickerSpec {
  readonly policy: BalancerPolicy;
  /** Those that health and draining leave; in any order. */
  readonly candidates: readonly EndpointState[];
}

/** The picker of a cluster's policy over these candidates. */
export function newPicker(spec: PickerSpec, deps: { readonly rng: Rng; readonly ejection: Ejection }): Picker {
  switch (spec.policy) {
    case "round-robin":
      return new RoundRobinPicker(spec.candidates, deps);
    case "least-request":
      return new LeastRequestPicker(spec.candidates, deps);
  }
}
