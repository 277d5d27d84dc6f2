import type { EndpointState } from "../../endpoint/index.js";
import type { ClusterCounters } from "../cluster-counters.js";
import { Upstream, type UpstreamPool } from "../http1/upstream.js";
import { LIMITS, type LimitHits } from "../limits.js";
import { connectWired, SocketWire } from "./socket-wire.js";

const MAX_IDLE = LIMITS["upstream-idle"].value;

/** The connections to one endpoint; of the idle ones the last in is the first out, so that what is not needed grows old and is closed. */
class EndpointPool implements UpstreamPool {
  readonly open = new Set<Upstream>();
  readonly idle: Upstream[] = [];
  /** Whether connections may lie idle and be used again. */
  isFit: boolean;
  readonly #limits: LimitHits;
  readonly #whenEmpty: () => void;

  constructor(limits: LimitHits, isFit: boolean, whenEmpty: () => void) {
    this.#limits = limits;
    this.isFit = isFit;
    this.#whenEmpty = whenEmpty;
  }

  take(): Upstream | undefined {
    const kept = this.idle.pop();
    if (kept !== undefined) kept.counters.connectionsIdle--;
    return kept;
  }

  keep(upstream: Upstream): void {
    if (!this.isFit) {
      upstream.retire();
      return;
    }
    if (this.idle.length >= MAX_IDLE) {
      this.#limits.hit("upstream-idle");
      upstream.retire();
      return;
    }
    upstream.idleSinceMs = Number.NaN;
    this.idle.push(upstream);
    upstream.counters.connectionsIdle++;
  }

  forget(upstream: Upstream): void {
    const at = this.idle.lastIndexOf(upstream);
    if (at >= 0) {
      upstream.counters.connectionsIdle--;
      this.idle.splice(at, 1);
    }
    if (!this.open.delete(upstream)) return;
    upstream.counters.connectionsOpen--;
    if (this.open.size === 0) this.#whenEmpty();
  }

  /** Ends what has been idle for as long as it may, counted from when this first saw it idle. */
  sweep(nowMs: number): void {
    for (const upstream of [...this.idle]) {
      if (Number.isNaN(upstream.idleSinceMs)) upstream.idleSinceMs = nowMs;
      if (nowMs - upstream.idleSinceMs < upstream.idleMs) continue;
      this.#limits.hit("upstream-idle-time");
      upstream.retire();
    }
  }
}

/**
 * Kept-alive connections per endpoint state, so that a new instance at an old address never gets an old connection. When
 * an endpoint leaves, or is called unhealthy, its idle connections end at once and none is kept; its requests in flight finish.
 * Connections in flight are bounded by the cluster's limit of requests, one request each.
 */
export class EndpointPools {
  /** Of endpoints with open connections. */
  readonly #pools = new Map<EndpointState, EndpointPool>();
  readonly #limits: LimitHits;
  /** To these no connection is kept. */
  readonly #unfit = new WeakSet<EndpointState>();

  constructor(limits: LimitHits) {
    this.#limits = limits;
  }

  /** No connection is open, idle or in use. */
  get isEmpty(): boolean {
    return this.#pools.size === 0;
  }

  take(endpoint: EndpointState, counters: ClusterCounters): Upstream {
    return this.#pools.get(endpoint)?.take() ?? this.#connect(endpoint, counters);
  }

  /** Ends connections that have been idle for as long as they may. */
  sweep(nowMs: number): void {
    for (const pool of this.#pools.values()) pool.sweep(nowMs);
  }

  /** Whether connections to this endpoint may lie idle and be used again: those that do end at once where not. */
  setFit(endpoint: EndpointState, isFit: boolean): void {
    if (isFit) this.#unfit.delete(endpoint);
    else this.#unfit.add(endpoint);
    const pool = this.#pools.get(endpoint);
    if (pool === undefined) return;
    pool.isFit = isFit;
    if (!isFit) for (const upstream of [...pool.idle]) upstream.retire();
  }

  destroy(): void {
    for (const { open } of [...this.#pools.values()]) for (const upstream of [...open]) upstream.discard();
  }

  #connect(endpoint: EndpointState, counters: ClusterCounters): Upstream {
    const pool = this.#poolOf(endpoint);
    const wire = new SocketWire();
    const upstream = new Upstream(endpoint, { wire, pool, counters });
    pool.open.add(upstream);
    counters.connectionsOpen++;
    counters.connectionsOpened++;
    connectWired(wire, upstream, { host: endpoint.endpoint.ip, port: endpoint.endpoint.port }, () => upstream.onConnected());
    return upstream;
  }

  #poolOf(endpoint: EndpointState): EndpointPool {
    let pool = this.#pools.get(endpoint);
    if (pool === undefined) {
      pool = new EndpointPool(this.#limits, !this.#unfit.has(endpoint), () => this.#pools.delete(endpoint));
      this.#pools.set(endpoint, pool);
    }
    return pool;
  }
}
