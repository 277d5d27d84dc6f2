/** Methods whose repetition has the effect of one (RFC 9110 section 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

export interface FailedTry {
  readonly method: string;
  /** Bytes of the request may have reached the endpoint. */
  readonly sent: boolean;
  /** Bytes of the response have reached us. */
  readonly answered: boolean;
  /** Bytes of the request's body have been taken from the caller and cannot be sent again. */
  readonly bodyTaken: boolean;
  /** Tries made, this one included. */
  readonly tries: number;
  /** Tries beyond the first that the route allows. */
  readonly retryAttempts: number;
}

/**
 * A connect that failed cost its endpoint nothing and harmed nothing, so more of them are allowed than the route's
 * attempts: when several hosts die at one moment, the second choice may be dead too. A route with no retries has none.
 */
const UNSENT_RETRIES = 3;

/** Whether trying again is safe: the caller cannot tell it from one try. Whether it is affordable is the budget's word. */
export function mayRetry(failed: FailedTry): boolean {
  if (failed.answered || failed.bodyTaken || failed.tries > allowedRetries(failed)) return false;
  return !failed.sent || isIdempotent(failed.method);
}

function allowedRetries({ sent, retryAttempts }: FailedTry): number {
  return sent || retryAttempts === 0 ? retryAttempts : Math.max(retryAttempts, UNSENT_RETRIES);
}

export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}
