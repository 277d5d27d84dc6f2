// What a service lost at one blow stays for a while behind what it has left: the last doubt about emptiness, in the sidecar itself.

import type { Assignment, EndpointState } from "../endpoint/index.js";

/** Longer than a control plane that sees something wrong takes to see it right, shorter than anyone waits for a real removal. */
export const STANDBY_MS = 60_000;
/** Below it half of a service is too few to tell a collapse from a change; the control plane's guard has the same floor. */
const COLLAPSE_FLOOR = 5;

export interface Before {
  readonly assignment: Assignment;
  readonly endpoints: readonly EndpointState[];
  readonly standby: readonly EndpointState[];
}

/**
 * Whoever stands by beside `assignment`, by `standbyUntilMs`. An assignment that leaves nobody, or less than half of five or
 * more, is applied as it is, and those it lost stand by: they are called when nobody of it can be. Not those that were
 * draining or unhealthy, which were out already. Whoever comes back ends his own standby, a confirmed mark everybody's.
 * @returns `before.standby` itself when that has not changed
 */
export function standbyAfter(before: Before | undefined, assignment: Assignment, nowMs: number): readonly EndpointState[] {
  if (before === undefined || (assignment.confirmed && before.standby.length > 0)) return [];
  if (assignment.confirmed) return before.standby;
  if (before.assignment === assignment) return keptOf(before.standby, ({ standbyUntilMs }) => standbyUntilMs > nowMs);
  const now = new Set(assignment.endpoints.map(({ id }) => id));
  const staying = keptOf(before.standby, ({ standbyUntilMs, endpoint }) => standbyUntilMs > nowMs && !now.has(endpoint.id));
  const lost = before.endpoints.filter((state) => isInUse(state) && !now.has(state.endpoint.id));
  if (lost.length === 0 || !collapses(now.size, lost.length + staying.length)) return staying;
  for (const state of lost) state.standbyUntilMs = nowMs + STANDBY_MS;
  return [...staying, ...lost].sort((one, other) => (one.endpoint.id < other.endpoint.id ? -1 : 1));
}

/** The list itself where nobody is taken out. */
function keptOf(states: readonly EndpointState[], keep: (state: EndpointState) => boolean): readonly EndpointState[] {
  const kept = states.filter(keep);
  return kept.length === states.length ? states : kept;
}

function collapses(staying: number, missing: number): boolean {
  const before = staying + missing;
  return staying === 0 || (before >= COLLAPSE_FLOOR && staying * 2 < before);
}

function isInUse({ endpoint }: EndpointState): boolean {
  return endpoint.health !== "unhealthy" && endpoint.health !== "draining";
}
