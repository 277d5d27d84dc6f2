import { Agent } from "node:http";
import type { EndpointState } from "../../../../endpoint/index.js";

/** Below the 5 s of Node's own servers, the shortest common keep-alive, so that we close idle connections before they do. */
const IDLE_MS = 4_000;
/** Idle connections kept per endpoint; more in flight are opened and closed again. */
const MAX_IDLE = 256;

/**
 * One pool of kept-alive connections per endpoint state, so that a new instance at an old address never gets an old
 * connection. A pool needs no closing when its endpoint leaves: nothing new is sent through it, its requests in flight
 * finish, and idle connections end after `IDLE_MS` or the upstream's own `Keep-Alive: timeout`, whichever is first.
 * Connections in flight are bounded by the cluster's limit of requests, one request each.
 */
export class UpstreamPools {
  readonly #pools = new Map<EndpointState, Agent>();

  of(endpoint: EndpointState): Agent {
    let pool = this.#pools.get(endpoint);
    if (pool === undefined) {
      // Last in, first out: what is not needed grows old and is closed.
      pool = new Agent({ keepAlive: true, maxFreeSockets: MAX_IDLE, timeout: IDLE_MS, scheduling: "lifo" });
      this.#pools.set(endpoint, pool);
    }
    return pool;
  }

  /** Forgets pools without connections. */
  sweep(): void {
    for (const [endpoint, pool] of this.#pools) {
      if (isEmpty(pool)) this.#pools.delete(endpoint);
    }
  }

  get size(): number {
    return this.#pools.size;
  }

  destroy(): void {
    for (const pool of this.#pools.values()) pool.destroy();
    this.#pools.clear();
  }
}

function isEmpty(pool: Agent): boolean {
  return Object.keys(pool.sockets).length === 0 && Object.keys(pool.freeSockets).length === 0;
}
