import type { SnapshotEndpoint } from "../snapshot/index.js";

/** What an endpoint weighs for clients that follow its ramp themselves. 0 is not a weight on the wire; what weighs 0 is draining. */
export function memberWeight({ endpoint, share = 1 }: SnapshotEndpoint): number {
  return Math.max(1, Math.round(endpoint.weight * share));
}

/** The same for clients that know no ramp: in steps. */
export function steppedWeight(member: SnapshotEndpoint): number {
  return Math.max(1, Math.round(member.endpoint.weight * (member.share ?? 1) * (member.ramp?.step ?? 1)));
}
