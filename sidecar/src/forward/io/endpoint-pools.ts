import type { EndpointState } from "../../endpoint/index.js";
import type { ClusterCounters } from "../cluster-counters.js";
import { Upstream, type UpstreamPool } from "../http1/upstream.js";
import { LIMITS, type LimitHits } from "../limits.js";
import { connectWired, SocketWire } from "./socket-wire.js";

const MAX_IDLE = LIMITS["upstream-idle"].value;

/** What is idle to one endpoint: last in, first out, so that what is not needed grows old and is closed. */
interface Idle {
  readonly upstreams: Upstream[];
  readonly sinceMs: number[];
}

/**
 * Kept-alive connections per endpoint state, so that a new instance at an old address never gets an old connection. When
 * an endpoint leaves, or is called unhealthy, its idle connections end at once and none is kept; its requests in flight finish.
 * Connections in flight are bounded by the cluster's limit of requests, one request each.
 */
export class EndpointPools implements UpstreamPool {
  readonly #nowMs: () => number;
  readonly #idle = new Map<EndpointState, Idle>();
  readonly #open = new Set<Upstream>();
  readonly #limits: LimitHits;
  /** To these no connection is kept. */
  readonly #unfit = new WeakSet<EndpointState>();

  constructor(nowMs: () => number, limits: LimitHits) {
    this.#nowMs = nowMs;
    this.#limits = limits;
  }

  /** Connections open, idle or in use. */
  get size(): number {
    return this.#open.size;
  }

  take(endpoint: EndpointState, counters: ClusterCounters): Upstream {
    const idle = this.#idle.get(endpoint);
    const kept = idle?.upstreams.pop();
    if (kept === undefined) return this.#connect(endpoint, counters);
    idle?.sinceMs.pop();
    kept.counters.connectionsIdle--;
    return kept;
  }

  keep(upstream: Upstream): void {
    if (this.#unfit.has(upstream.endpoint)) {
      upstream.retire();
      return;
    }
    let idle = this.#idle.get(upstream.endpoint);
    if (idle === undefined) {
      idle = { upstreams: [], sinceMs: [] };
      this.#idle.set(upstream.endpoint, idle);
    }
    if (idle.upstreams.length >= MAX_IDLE) {
      this.#limits.hit("upstream-idle");
      upstream.retire();
      return;
    }
    idle.upstreams.push(upstream);
    idle.sinceMs.push(this.#nowMs());
    upstream.counters.connectionsIdle++;
  }

  forget(upstream: Upstream): void {
    if (this.#open.delete(upstream)) upstream.counters.connectionsOpen--;
    const idle = this.#idle.get(upstream.endpoint);
    const at = idle?.upstreams.lastIndexOf(upstream) ?? -1;
    if (idle === undefined || at < 0) return;
    upstream.counters.connectionsIdle--;
    idle.upstreams.splice(at, 1);
    idle.sinceMs.splice(at, 1);
    if (idle.upstreams.length === 0) this.#idle.delete(upstream.endpoint);
  }

  /** Ends connections that have been idle for as long as they may. */
  sweep(nowMs: number): void {
    for (const { upstreams, sinceMs } of this.#idle.values()) {
      const old = upstreams.filter((upstream, index) => nowMs - (sinceMs[index] ?? nowMs) >= upstream.idleMs);
      for (const upstream of old) {
        this.#limits.hit("upstream-idle-time");
        upstream.retire();
      }
    }
  }

  /** Whether connections to this endpoint may lie idle and be used again: those that do end at once where not. */
  setFit(endpoint: EndpointState, isFit: boolean): void {
    if (isFit) this.#unfit.delete(endpoint);
    else {
      this.#unfit.add(endpoint);
      for (const upstream of [...(this.#idle.get(endpoint)?.upstreams ?? [])]) upstream.retire();
    }
  }

  destroy(): void {
    for (const upstream of [...this.#open]) upstream.discard();
  }

  #connect(endpoint: EndpointState, counters: ClusterCounters): Upstream {
    const wire = new SocketWire();
    const upstream = new Upstream(endpoint, { wire, pool: this, counters });
    this.#open.add(upstream);
    counters.connectionsOpen++;
    counters.connectionsOpened++;
    connectWired(wire, upstream, { host: endpoint.endpoint.ip, port: endpoint.endpoint.port }, () => upstream.onConnected());
    return upstream;
  }
}
