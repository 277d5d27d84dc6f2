import type { EndpointState } from "../endpoint/index.js";
import { hashText } from "./hash.js";

const SECOND_SEED = 0x2545_f491;

/**
 * What a cookie of ours says of the endpoint that a caller has its seat at: the same on every sidecar, another for a new instance at the
 * address (which knows none of them), and not the address itself, which is nobody's business outside.
 */
export function seatToken({ endpoint: { id, instance } }: EndpointState): string {
  const identity = `${id} ${instance ?? ""}`;
  return hex(hashText(identity)) + hex(hashText(identity, SECOND_SEED));
}

function hex(hash: number): string {
  return hash.toString(16).padStart(8, "0");
}
