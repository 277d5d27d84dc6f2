import { createServer, type Server, type Socket } from "node:net";
import type { Clock, Result, Rng, Timer } from "@fairlead/shared";
import { Edge } from "../edge.js";
import type { Engine, ListenerSpec, Listening, RequestPath } from "../engine.js";
import { Caller } from "../http1/caller.js";
import type { ExchangeContext } from "../http1/exchange-context.js";
import { RequestHead } from "../http1/request-head.js";
import { EndpointPools } from "./endpoint-pools.js";
import { IdleWait, Listeners } from "./listeners.js";
import { acceptWired, SocketWire } from "./socket-wire.js";

/** Resolution of every timeout of a connection: one timer for all, instead of several per request. */
const SWEEP_MS = 50;

export interface NetEngineOptions {
  readonly clock: Clock;
  /** For request ids. */
  readonly rng: Rng;
  readonly edge?: Edge;
}

/** HTTP/1.1 on bare sockets: the machines of `http1/`, joined to connections. */
export class NetEngine implements Engine {
  readonly #clock: Clock;
  readonly #edge: Edge;
  readonly #pools: EndpointPools;
  readonly #context: ExchangeContext;
  readonly #listeners = new Listeners<Server>();
  readonly #idle = new IdleWait();
  readonly #callers = new Map<Caller, Server>();
  readonly #busy = new Set<Caller>();
  #sweep: Timer | undefined;
  #draining = false;

  constructor({ clock, rng, edge = new Edge() }: NetEngineOptions) {
    this.#clock = clock;
    this.#edge = edge;
    this.#pools = new EndpointPools(() => clock.nowMs(), edge.limits);
    this.#context = {
      nowMs: () => clock.nowMs(),
      word: () => Math.floor(rng.next() * 4_294_967_296),
      requestHead: new RequestHead(),
      draining: () => this.#draining,
      edge,
      upstreamTo: (endpoint, counters) => this.#pools.take(endpoint, counters),
      exchangeBegan: (caller) => this.#busy.add(caller),
      exchangeEnded: (caller) => this.#onExchangeEnded(caller),
    };
  }

  listen(spec: ListenerSpec, path: RequestPath): Promise<Result<Listening>> {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
    const counts = this.#edge.listener(spec.route);
    server.maxConnections = this.#edge.maxConnections;
    server.on("drop", () => {
      counts.refused++;
      this.#edge.limits.hit("connections");
    });
    server.on("connection", (socket) => this.#onConnection(server, socket, spec, path));
    return this.#listeners.listen(server, spec, () => {
      for (const [caller, of] of [...this.#callers]) if (of === server) caller.cut();
    });
  }

  async drain(timeoutMs: number): Promise<void> {
    this.#draining = true;
    const accepting = this.#listeners.stopAccepting();
    for (const caller of [...this.#callers.keys()]) caller.closeSoon();
    if (this.#busy.size > 0) await this.#idle.within(timeoutMs, this.#clock);
    for (const caller of [...this.#callers.keys()]) caller.cutOff();
    // Answers just given leave in the next turn of the loop.
    await new Promise((resolve) => setImmediate(resolve));
    for (const caller of [...this.#callers.keys()]) caller.cut();
    await Promise.all(accepting);
    this.#sweep?.cancel();
    this.#sweep = undefined;
    this.#pools.destroy();
  }

  /** Requests under way, for metrics and tests. */
  get inFlight(): number {
    return this.#busy.size;
  }

  #onConnection(server: Server, accepted: Socket, { route }: ListenerSpec, path: RequestPath): void {
    const wire = new SocketWire();
    const peerIp = accepted.remoteAddress ?? "unknown";
    const counts = this.#edge.listener(route);
    counts.accepted++;
    counts.open++;
    const caller = new Caller(wire, { context: this.#context, path, route, peerIp, counts });
    this.#callers.set(caller, server);
    const socket = acceptWired(wire, caller, accepted);
    socket.on("close", () => {
      this.#callers.delete(caller);
      counts.open--;
    });
    this.#scheduleSweep();
  }

  #onExchangeEnded(caller: Caller): void {
    this.#busy.delete(caller);
    if (this.#busy.size === 0) this.#idle.reached();
  }

  #scheduleSweep(): void {
    this.#sweep ??= this.#clock.schedule(SWEEP_MS, () => {
      this.#sweep = undefined;
      const nowMs = this.#clock.nowMs();
      for (const caller of this.#callers.keys()) caller.sweep(nowMs);
      this.#pools.sweep(nowMs);
      if (this.#callers.size > 0 || this.#pools.size > 0) this.#scheduleSweep();
    });
  }
}
