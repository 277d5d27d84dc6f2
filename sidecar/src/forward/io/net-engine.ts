import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { type Clock, fail, ok, type Result, type Rng, type Timer } from "@fairlead/shared";
import { Edge } from "../edge.js";
import type { Engine, ListenerSpec, Listening, RequestPath } from "../engine.js";
import { Caller } from "../http1/caller.js";
import type { ExchangeContext } from "../http1/exchange-context.js";
import { RequestHead } from "../http1/request-head.js";
import { EndpointPools } from "./endpoint-pools.js";
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
  readonly #servers = new Set<Server>();
  readonly #closing = new WeakMap<Server, Promise<void>>();
  readonly #callers = new Map<Caller, Server>();
  readonly #busy = new Set<Caller>();
  #sweep: Timer | undefined;
  #draining = false;
  #onIdle: (() => void) | undefined;

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
    return new Promise((resolve) => {
      server.once("error", (error) => resolve(fail(`cannot listen on ${spec.host}:${spec.port}: ${error.message}`)));
      server.listen(spec.port, spec.host, () => {
        server.removeAllListeners("error");
        this.#servers.add(server);
        const { address, port } = server.address() as AddressInfo;
        resolve(ok({ host: address, port, close: () => this.#close(server) }));
      });
    });
  }

  async drain(timeoutMs: number): Promise<void> {
    this.#draining = true;
    const accepting = [...this.#servers].map((server) => this.#stopAccepting(server));
    for (const caller of [...this.#callers.keys()]) caller.closeSoon();
    if (this.#busy.size > 0) await this.#idleWithin(timeoutMs);
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
    if (this.#busy.size === 0) this.#onIdle?.();
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

  #idleWithin(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.schedule(timeoutMs, resolve);
      this.#onIdle = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  #stopAccepting(server: Server): Promise<void> {
    let closed = this.#closing.get(server);
    if (closed === undefined) {
      closed = new Promise((resolve) => server.close(() => resolve()));
      this.#closing.set(server, closed);
      this.#servers.delete(server);
    }
    return closed;
  }

  async #close(server: Server): Promise<void> {
    const closed = this.#stopAccepting(server);
    for (const [caller, of] of [...this.#callers]) if (of === server) caller.cut();
    await closed;
  }
}
