/** Answers with which an endpoint asks for time: too many requests, not available. */
const ASKING: ReadonlySet<number> = new Set([429, 503]);
/** The time of one check and its repetition; who still says so then is left alone again. */
const FAILS_CHECKS_MS = 30_000;

/** What an answer says besides its status. */
export interface Asks {
  readonly retryAfter?: string | undefined;
  /** `x-envoy-immediate-health-check-fail`, whatever its value: no more traffic, from now on. */
  readonly failsChecks?: boolean;
}

/** For how long an answer asks to be left alone; 0 where it does not. Seconds only: a date would be that of another machine's clock. */
export function askedMs(status: number, { retryAfter, failsChecks = false }: Asks): number {
  if (failsChecks) return FAILS_CHECKS_MS;
  if (retryAfter === undefined || !ASKING.has(status) || !/^\d{1,9}$/.test(retryAfter)) return 0;
  return Number(retryAfter) * 1_000;
}
