import type { EndpointState } from "../endpoint/index.js";

/** One refused connect can be a restart's blink; two in a row is the earliest sign that is not luck. */
const FAILURES_TO_EJECT = 2;
/** Short, because nobody confirms it, and doubling, so that a host that stays dead costs one request per 30 s at worst. */
const FIRST_EJECTION_MS = 1_000;
const MAX_EJECTION_MS = 30_000;

/**
 * Passes over endpoints this sidecar itself cannot connect to, so that what dies while the control plane is away is
 * avoided. Local, short and self-expiring: after its time one probe request decides whether an endpoint is back, the
 * others keep passing it over until that request was answered. It never says that nobody is left; the picker
 * ignores it then.
 */
export const connectEjection = {
  passesOver(endpoint: EndpointState, nowMs: number): boolean {
    return endpoint.ejectedUntilMs !== 0 && (nowMs < endpoint.ejectedUntilMs || endpoint.probing);
  },

  /** True when this pick is the probe. A pick in spite of a running ejection (nobody else was left) is none. */
  picked(endpoint: EndpointState, nowMs: number): boolean {
    if (endpoint.ejectedUntilMs === 0 || nowMs < endpoint.ejectedUntilMs || endpoint.probing) return false;
    endpoint.probing = true;
    return true;
  },

  connected(endpoint: EndpointState): void {
    endpoint.connectFailures = 0;
    endpoint.ejectedUntilMs = 0;
    endpoint.ejections = 0;
    endpoint.probing = false;
  },

  connectFailed(endpoint: EndpointState, nowMs: number): void {
    endpoint.connectFailures++;
    if (endpoint.connectFailures < FAILURES_TO_EJECT) return;
    // Requests that were under way when the ejection began fail after it: they are the same piece of news.
    if (nowMs < endpoint.ejectedUntilMs) return;
    endpoint.ejectedUntilMs = nowMs + Math.min(MAX_EJECTION_MS, FIRST_EJECTION_MS * 2 ** Math.min(endpoint.ejections, 10));
    endpoint.ejections++;
    endpoint.probing = false;
  },

  probeLost(endpoint: EndpointState): void {
    endpoint.probing = false;
  },
} as const;
