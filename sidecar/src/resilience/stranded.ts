/** Without a time-out there is no share of it; as much as the share of the usual 15 s. */
const PATIENCE_WITHOUT_TIMEOUT_MS = 5_000;
/** A slow answer from an endpoint that merely fails its check has had its fair time, and another endpoint has twice as much. */
const PATIENCE_SHARE = 1 / 3;

/**
 * How long a try waits for the first byte from an endpoint that the control plane has called unhealthy meanwhile. A host
 * that fell silent breaks no connection: without this its requests would wait for their whole deadline.
 */
export function patienceMs(timeoutMs: number): number {
  return timeoutMs > 0 ? timeoutMs * PATIENCE_SHARE : PATIENCE_WITHOUT_TIMEOUT_MS;
}
