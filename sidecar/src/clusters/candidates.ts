import type { EndpointState } from "../endpoint/index.js";

/** Which endpoints get requests, and why just these. */
export interface Candidates {
  /**
   * - `healthy`: those that are neither unhealthy nor draining
   * - `panic`: so few of those that the verdicts are doubted: all that do not drain
   * - `draining`: every endpoint drains; a leaving endpoint is better than a refused request
   * - `none`: there is no endpoint, or none that may be used
   */
  readonly mode: "healthy" | "panic" | "draining" | "none";
  readonly endpoints: readonly EndpointState[];
}

/** Draining is an answer and stands whatever happens (invariants 3 and 10); unhealthy is a verdict and can be wrong. */
export function candidatesOf(endpoints: readonly EndpointState[], panicPercent: number, verdictsExpired: boolean): Candidates {
  const staying = endpoints.filter((state) => state.endpoint.health !== "draining");
  if (staying.length === 0) return endpoints.length === 0 ? { mode: "none", endpoints } : { mode: "draining", endpoints };
  const usable = verdictsExpired ? staying : staying.filter((state) => state.endpoint.health !== "unhealthy");
  if (usable.length * 100 < staying.length * panicPercent) return { mode: "panic", endpoints: staying };
  return { mode: usable.length === 0 ? "none" : "healthy", endpoints: usable };
}
