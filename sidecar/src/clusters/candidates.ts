import type { EndpointState } from "../endpoint/index.js";

/** Which endpoints get requests, and why just these. */
export interface Candidates {
  /**
   * - `healthy`: those of one priority that are neither unhealthy nor draining
   * - `panic`: so few of those in every priority that the verdicts are doubted: all that do not drain
   * - `draining`: every endpoint drains; a leaving endpoint is better than a refused request
   * - `none`: there is no endpoint, or none that may be used
   */
  readonly mode: "healthy" | "panic" | "draining" | "none";
  /** The priority in use; 0 outside `healthy`. */
  readonly priority: number;
  readonly endpoints: readonly EndpointState[];
}

/**
 * The most preferred priority that is not in panic; all of them together when every one is. Draining is an answer and
 * stands whatever happens (invariants 3 and 10); unhealthy is a verdict and can be wrong.
 */
export function candidatesOf(endpoints: readonly EndpointState[], panicPercent: number, verdictsExpired: boolean): Candidates {
  const staying = endpoints.filter((state) => state.endpoint.health !== "draining");
  if (staying.length === 0) return { mode: endpoints.length === 0 ? "none" : "draining", priority: 0, endpoints };
  for (const priority of prioritiesOf(staying)) {
    const level = staying.filter((state) => state.endpoint.priority === priority);
    const usable = verdictsExpired ? level : level.filter((state) => state.endpoint.health !== "unhealthy");
    const isPanic = usable.length * 100 < level.length * panicPercent;
    if (!isPanic && usable.length > 0) return { mode: "healthy", priority, endpoints: usable };
  }
  return panicPercent === 0 ? { mode: "none", priority: 0, endpoints: [] } : { mode: "panic", priority: 0, endpoints: staying };
}

/** Ascending; one in nearly every service. */
function prioritiesOf(endpoints: readonly EndpointState[]): readonly number[] {
  return [...new Set(endpoints.map((state) => state.endpoint.priority))].sort((one, other) => one - other);
}
