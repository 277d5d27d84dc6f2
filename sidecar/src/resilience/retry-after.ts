/** Answers with which an endpoint asks for time: too many requests, not available. */
const ASKING: ReadonlySet<number> = new Set([429, 503]);

/** For how long an answer asks to be left alone; 0 where it does not. Seconds only: a date would be that of another machine's clock. */
export function retryAfterMs(status: number, retryAfter: string | undefined): number {
  if (retryAfter === undefined || !ASKING.has(status) || !/^\d{1,9}$/.test(retryAfter)) return 0;
  return Number(retryAfter) * 1_000;
}
