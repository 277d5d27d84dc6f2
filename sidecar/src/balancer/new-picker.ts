import type { EndpointState, PickSettings } from "../endpoint/index.js";
import { ChoiceOfTwo } from "./choice-of-two.js";
import type { Chooser, ChooserDeps } from "./chooser.js";
import { GroupPicker } from "./group-picker.js";
import { maglevTable, ringTable } from "./hash-table.js";
import { HashChooser } from "./hashing.js";
import { ExpectedWait } from "./latency.js";
import { requestsUnderWay } from "./least-request.js";
import type { Picker } from "./picker.js";
import { RandomChooser } from "./random.js";
import { ReportedRoundRobin } from "./reported-load.js";
import { RoundRobinChooser } from "./round-robin.js";

/** Endpoints that share a part of the traffic. */
export interface CandidateGroup {
  /** Of the traffic; 0 is used when nobody of the others may be picked. */
  readonly share: number;
  /** Those that health and draining leave; in any order. */
  readonly endpoints: readonly EndpointState[];
}

export interface PickerSpec {
  readonly picking: PickSettings;
  /** In a fixed order; their shares add up to 1. */
  readonly groups: readonly CandidateGroup[];
}

/** Drawn and compared by every choice of two that is not told otherwise. */
const TWO = 2;

/** The picker of a cluster's policy over these candidates. */
export function newPicker({ picking, groups }: PickerSpec, deps: ChooserDeps): Picker {
  const withChoosers = groups.map((group) => ({ ...group, chooser: chooserOf(picking, group.endpoints, deps) }));
  return new GroupPicker(withChoosers, deps);
}

/** The policy table. */
function chooserOf(picking: PickSettings, endpoints: readonly EndpointState[], deps: ChooserDeps): Chooser {
  switch (picking.policy) {
    case "round-robin":
      return new RoundRobinChooser(endpoints, deps);
    case "reported-round-robin":
      return new ReportedRoundRobin(endpoints, picking.reports, deps);
    case "least-request":
      return new ChoiceOfTwo(endpoints, requestsUnderWay, picking.choices, deps);
    case "random":
      return new RandomChooser(endpoints, deps);
    case "peak-ewma":
      return new ChoiceOfTwo(endpoints, new ExpectedWait(endpoints, deps.memory), TWO, deps);
    case "ring-hash":
      return hashing(picking, (candidates) => ringTable(candidates, picking.ringSize), endpoints, deps);
    case "maglev":
      return hashing(picking, (candidates) => maglevTable(candidates, picking.tableSize), endpoints, deps);
  }
}

function hashing(
  { balancePercent }: PickSettings,
  table: (candidates: readonly EndpointState[]) => ReturnType<typeof ringTable>,
  endpoints: readonly EndpointState[],
  deps: ChooserDeps,
): Chooser {
  const withoutKey = new ChoiceOfTwo(endpoints, requestsUnderWay, TWO, deps);
  return new HashChooser(endpoints, { table, balancePercent, withoutKey }, deps);
}
