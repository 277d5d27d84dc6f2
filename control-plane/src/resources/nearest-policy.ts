// Which policy a client gets when it does not take the one that is configured.

import type { LbPolicy } from "../config/index.js";
import { CLIENT_TRAITS, type ClientKind } from "./client-kind.js";

/** Not in the schema: Envoy has it as a contribution that few builds include. */
export const PEAK_EWMA_TYPE = "type.googleapis.com/envoy.extensions.load_balancing_policies.peak_ewma.v3alpha.PeakEwma";

/** In place of each policy: the first of these that the client takes. Every client takes round-robin. */
const INSTEAD: Readonly<Record<LbPolicy, readonly LbPolicy[]>> = {
  "round-robin": [],
  "least-request": [],
  // Both spread evenly without a look at load.
  random: ["round-robin"],
  // Both avoid who is busy.
  "peak-ewma": ["least-request"],
  // Both keep a key at one endpoint; they differ in how many keys move when an endpoint comes or goes.
  "ring-hash": ["maglev", "least-request"],
  maglev: ["ring-hash", "least-request"],
};

/** The policy itself where this kind of client takes it, else the nearest. */
export function nearestPolicy(wanted: LbPolicy, kind: ClientKind): LbPolicy {
  const { policies } = CLIENT_TRAITS[kind];
  return [wanted, ...INSTEAD[wanted]].find((each) => policies.includes(each)) ?? "round-robin";
}
