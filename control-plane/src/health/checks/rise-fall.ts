// What a row of check results amounts to. A fold: state and result in, state out.

import type { CheckResult, EvidenceKind, HealthStatus, Opinion } from "../opinion.js";

export interface Thresholds {
  /** Passes in a row to become healthy again. */
  readonly rise: number;
  /** Failures in a row to become unhealthy. */
  readonly fall: number;
}

export interface CheckState {
  readonly health: Opinion;
  /** It served once: then coming back needs `rise` passes. One that never did is taken on its first. */
  readonly everHealthy: boolean;
  /** The newest result was the first "refused" of a row: it is asked again soon, before it counts as an answer. */
  readonly refusedOnce: boolean;
}

/** Nothing is known yet; `because` says why. */
export function unknownHealth(because: string, wallMs: number): CheckState {
  const health: Opinion = {
    status: "unknown",
    because,
    sinceMs: wallMs,
    kind: undefined,
    last: undefined,
    disagreeing: 0,
    refusing: false,
  };
  return { health, everHealthy: false, refusedOnce: false };
}

/**
 * One more result.
 * - The first result decides at once.
 * - Refused twice in a row is an answer, not silence: unhealthy at once whatever `fall` says, `refusing` until a pass
 *   (invariant 3).
 * - Otherwise the status turns after `fall` failures or `rise` passes in a row.
 */
export function fold(state: CheckState, result: CheckResult, thresholds: Thresholds): CheckState {
  return result.outcome === "passed" ? foldPass(state, result, thresholds) : foldFailure(state, result, thresholds);
}

function foldPass(state: CheckState, result: CheckResult, { rise }: Thresholds): CheckState {
  const { health } = state;
  const passes = health.status === "healthy" ? 0 : health.disagreeing + 1;
  const next = { ...state, refusedOnce: false };
  if (health.status === "healthy") return { ...next, health: { ...health, last: result, disagreeing: 0 } };
  if (!state.everHealthy || passes >= rise) {
    const because = state.everHealthy ? `${times(passes, "check")} in a row passed` : `the first check passed: ${result.detail}`;
    return { ...next, everHealthy: true, health: turned("healthy", because, result) };
  }
  const because = health.refusing ? `accepts connections again; ${times(rise, "pass", "passes")} in a row are needed` : health.because;
  return { ...next, health: { ...health, because, last: result, disagreeing: passes, refusing: false } };
}

function foldFailure(state: CheckState, result: CheckResult, { fall }: Thresholds): CheckState {
  const { health } = state;
  const refusedTwice = result.outcome === "refused" && health.last?.outcome === "refused";
  const mistaken = result.outcome === "mistaken";
  const refusing = health.refusing || refusedTwice || mistaken;
  const next = { ...state, refusedOnce: result.outcome === "refused" && !refusing };
  const failures = health.status === "healthy" ? health.disagreeing + 1 : 0;
  // Who was refused and is somebody else now is that.
  if (refusing && (!health.refusing || (mistaken && health.last?.outcome !== "mistaken"))) {
    const because = mistaken ? result.detail : `refused twice in a row: ${result.detail}`;
    const sinceMs = health.status === "unhealthy" ? health.sinceMs : result.atMs;
    return { ...next, health: { ...turned("unhealthy", because, result), sinceMs, refusing } };
  }
  if (health.status === "unhealthy") return { ...next, health: { ...health, last: result, disagreeing: 0 } };
  if (health.status === "unknown") return { ...next, health: turned("unhealthy", `the first check failed: ${result.detail}`, result) };
  if (failures >= fall) {
    return { ...next, health: turned("unhealthy", `${times(failures, "check")} in a row failed: ${result.detail}`, result) };
  }
  return { ...next, health: { ...health, last: result, disagreeing: failures } };
}

function turned(status: HealthStatus, because: string, last: CheckResult): Opinion {
  const kind = status === "unhealthy" ? KINDS[last.outcome] : undefined;
  return { status, because, sinceMs: last.atMs, kind, last, disagreeing: 0, refusing: false };
}

const KINDS: Readonly<Record<CheckResult["outcome"], EvidenceKind | undefined>> = {
  passed: undefined,
  refused: "answer",
  mistaken: "answer",
  failed: "complaint",
  timeout: "silence",
};

function times(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Whether a watcher of verdicts has to hear of the step from `one` to `other`. */
export function sameOpinion(one: Opinion, other: Opinion): boolean {
  return one.status === other.status && one.because === other.because && one.refusing === other.refusing;
}
