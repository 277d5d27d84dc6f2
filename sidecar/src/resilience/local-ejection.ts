import type { ClusterConfig, EjectionCause, EjectionNews, EndpointState, Tried, TryFailure } from "../endpoint/index.js";

/** One refused connect can be a restart's blink; two in a row is the earliest sign that is not luck. */
const CONNECT_FAILURES = 2;
/** Short, because nobody confirms it, and doubling, so that a host that stays dead costs one request per 30 s at worst. */
const FIRST_EJECTION_MS = 1_000;
const MAX_EJECTION_MS = 30_000;
/** A pause of a second is a collection, and every request under way times out in it at once: silence must last longer than that. */
const SILENT_MS = 2_000;
/** A probe that takes longer has said nothing, and another may go. */
const PROBE_MS = 30_000;
const FIRST_FAULT_OF_SERVER = 500;
/** What stands for an endpoint that does not do its work, whatever was asked of it; a 500 may be this one request's. */
const GATEWAY_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);

export type EjectionSettings = Pick<ClusterConfig, "outlier" | "panicPercent">;

const CONNECTS_ONLY: EjectionSettings = { outlier: { failuresInRow: 0, countsEvery5xx: false, maxPercent: 0 }, panicPercent: 50 };

/**
 * Passes over endpoints that this sidecar cannot connect to, that fail what it sends them or ask for time, so that what dies or goes wrong while
 * the control plane is away, or behind checks that pass, is avoided. Local, short and self-expiring: after its time one probe request
 * at a time decides whether an endpoint is back, the others keep passing it over until that request was answered. It never says that
 * nobody is left; the picker ignores it then. Failed answers eject no more than a share of the cluster: where more fail, it is
 * the service, and not one endpoint of it. A connect that fails needs no such limit: its request goes elsewhere unsent.
 *
 * Made anew with the set of candidates; everything it knows lives in `EndpointState`.
 */
export class LocalEjection {
  readonly #outlier: ClusterConfig["outlier"];
  readonly #endpoints: readonly EndpointState[];
  readonly #maxPercent: number;

  /** @param endpoints those that may be picked. Without settings only connects count. */
  constructor({ outlier, panicPercent }: EjectionSettings = CONNECTS_ONLY, endpoints: readonly EndpointState[] = []) {
    this.#outlier = outlier;
    this.#endpoints = endpoints;
    this.#maxPercent = Math.min(outlier.maxPercent, 100 - panicPercent);
    // Who turns it off means those too that are out already.
    if (outlier.failuresInRow === 0) for (const state of endpoints) if (isOut(state) && !isOutFor(state, "connect")) end(state);
  }

  passesOver(endpoint: EndpointState, nowMs: number): boolean {
    return endpoint.ejectedUntilMs !== 0 && (nowMs < endpoint.ejectedUntilMs || nowMs < endpoint.probeUntilMs);
  }

  /** True when this pick is the probe. A pick in spite of a running ejection (nobody else was left) is none. */
  picked(endpoint: EndpointState, nowMs: number): boolean {
    if (endpoint.ejectedUntilMs === 0 || this.passesOver(endpoint, nowMs)) return false;
    endpoint.probeUntilMs = nowMs + PROBE_MS;
    return true;
  }

  /** The head of an answer has come. @param askedMs for how long the endpoint asks to be left alone; 0 where it does not */
  answered(endpoint: EndpointState, status: number, tried: Tried, askedMs: number): EjectionNews {
    if (askedMs > 0 && this.#outlier.failuresInRow > 0) return this.#asked(endpoint, askedMs, tried);
    const isGood = status < FIRST_FAULT_OF_SERVER;
    if (isGood && endpoint.ejectedUntilMs === 0) {
      endpoint.connectFailures = 0;
      endpoint.failedAnswers = 0;
      endpoint.silences = 0;
      return "none";
    }
    if (isOldNews(endpoint, tried)) return "none";
    if (isGood || isOutFor(endpoint, "connect")) end(endpoint);
    if (isGood) return "none";
    endpoint.connectFailures = 0;
    if (endpoint.ejectedUntilMs !== 0) return tried.probe ? this.#eject(endpoint, "traffic", tried.nowMs) : "none";
    const counts = this.#outlier.countsEvery5xx || GATEWAY_STATUSES.has(status);
    return counts ? this.#count(endpoint, "broken", tried) : "none";
  }

  /** Nobody knows better than the endpoint: as long as it says, and then a probe. It is no failure of it. */
  #asked(endpoint: EndpointState, askedMs: number, tried: Tried): EjectionNews {
    endpoint.connectFailures = 0;
    if (isOldNews(endpoint, tried) || (isOut(endpoint) && !tried.probe)) return "none";
    return this.#setOut(endpoint, "asked", tried.nowMs, askedMs);
  }

  /** A try has ended without an answer. */
  failed(endpoint: EndpointState, how: TryFailure, tried: Tried): EjectionNews {
    if (how === "connect") return this.#connectFailed(endpoint, tried);
    if (isOldNews(endpoint, tried)) return "none";
    if (endpoint.ejectedUntilMs === 0) return this.#count(endpoint, how, tried);
    if (!tried.probe) return "none";
    if (this.#outlier.failuresInRow > 0) return this.#eject(endpoint, "traffic", tried.nowMs);
    this.probeLost(endpoint);
    return "none";
  }

  /** The probe ended without saying anything about the endpoint. */
  probeLost(endpoint: EndpointState): void {
    endpoint.probeUntilMs = 0;
  }

  #connectFailed(endpoint: EndpointState, tried: Tried): EjectionNews {
    endpoint.connectFailures++;
    // Requests that were under way when the ejection began fail after it: they are the same piece of news.
    if (tried.nowMs < endpoint.ejectedUntilMs || isOldNews(endpoint, tried)) return "none";
    return tried.probe || endpoint.connectFailures >= CONNECT_FAILURES ? this.#eject(endpoint, "connect", tried.nowMs) : "none";
  }

  #count(endpoint: EndpointState, how: "timeout" | "broken", { pickedMs, nowMs }: Tried): EjectionNews {
    const { failuresInRow } = this.#outlier;
    if (failuresInRow === 0) return "none";
    if (endpoint.failedAnswers + endpoint.silences === 0) endpoint.failingSinceMs = pickedMs;
    if (how === "timeout") endpoint.silences++;
    else endpoint.failedAnswers++;
    const isLong = nowMs - endpoint.failingSinceMs >= SILENT_MS;
    const failures = endpoint.failedAnswers + (isLong ? endpoint.silences : 0);
    return failures >= failuresInRow ? this.#eject(endpoint, "traffic", nowMs) : "none";
  }

  #eject(endpoint: EndpointState, because: EjectionCause, nowMs: number): EjectionNews {
    const news = this.#setOut(endpoint, because, nowMs, FIRST_EJECTION_MS * 2 ** Math.min(endpoint.ejections, 10));
    if (news === "ejected") endpoint.ejections++;
    return news;
  }

  #setOut(endpoint: EndpointState, because: EjectionCause, nowMs: number, forMs: number): EjectionNews {
    if (because !== "connect" && !this.#hasRoomFor(endpoint)) {
      end(endpoint);
      return "spared";
    }
    endpoint.ejectedBecause = because;
    endpoint.ejectedAtMs = nowMs;
    endpoint.ejectedUntilMs = nowMs + Math.min(MAX_EJECTION_MS, forMs);
    endpoint.probeUntilMs = 0;
    endpoint.failedAnswers = 0;
    endpoint.silences = 0;
    return "ejected";
  }

  #hasRoomFor(endpoint: EndpointState): boolean {
    let out = 1;
    for (const state of this.#endpoints) if (state !== endpoint && isOut(state)) out++;
    return out * 100 <= this.#maxPercent * this.#endpoints.length;
  }
}

/** It was under way when the endpoint was ejected: that is what the ejection was for. */
function isOldNews(endpoint: EndpointState, { probe, pickedMs }: Tried): boolean {
  return !probe && pickedMs <= endpoint.ejectedAtMs;
}

function isOut(endpoint: EndpointState): boolean {
  return endpoint.ejectedUntilMs !== 0;
}

function isOutFor(endpoint: EndpointState, because: EjectionCause): boolean {
  return isOut(endpoint) && endpoint.ejectedBecause === because;
}

function end(endpoint: EndpointState): void {
  endpoint.ejectedUntilMs = 0;
  endpoint.ejections = 0;
  endpoint.probeUntilMs = 0;
  endpoint.connectFailures = 0;
  endpoint.failedAnswers = 0;
  endpoint.silences = 0;
}
