import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { type Clock, fail, ok, type Result, type Rng, type Timer } from "@fairlead/shared";
import type { ClusterTable } from "../../clusters/index.js";
import { Draining, type DrainingTenant, fitForReuse, type LeavingEndpoint, spread } from "../draining.js";
import type { Engine, ListenerSpec, Listening, RequestPath } from "../engine.js";
import { Caller } from "../http1/caller.js";
import type { ExchangeContext } from "../http1/exchange-context.js";
import { RequestHead } from "../http1/request-head.js";
import { Relay, type RelayContext } from "../tcp/relay.js";
import { EndpointPools } from "./endpoint-pools.js";
import { acceptWired, connectWired, SocketWire } from "./socket-wire.js";

/** Resolution of every timeout of a connection: one timer for all, instead of several per request. */
const SWEEP_MS = 50;
/** Each costs some 10 KB idle and may park a body buffer: some 100 MB in all. */
const MAX_CONNECTIONS = 8_192;
/** Time for callers of WebSockets and the like to come back in peace; requests have long finished. */
const LEAVE_MS = 60_000;
/** Of the time to drain: what is told to go last still has some left to go in order. */
const SENT_AWAY_WITHIN = 0.85;

export interface NetEngineOptions {
  readonly clock: Clock;
  /** For request ids. */
  readonly rng: Rng;
  /** How long connections without an end of their own may stay with an endpoint that leaves. */
  readonly leaveMs?: number;
}

/** HTTP/1.1 on bare sockets: the machines of `http1/`, joined to connections. */
export class NetEngine implements Engine {
  readonly #clock: Clock;
  readonly #pools: EndpointPools;
  readonly #context: ExchangeContext;
  readonly #servers = new Set<Server>();
  readonly #closing = new WeakMap<Server, Promise<void>>();
  readonly #callers = new Map<Caller, Server>();
  readonly #busy = new Set<Caller>();
  readonly #relays = new Map<Relay, Server>();
  readonly #relaying: RelayContext;
  readonly #rng: Rng;
  readonly #leaving: Draining;
  /** While the process ends: whoever is told to go, and when. */
  #goodbyes: { readonly tenant: DrainingTenant; readonly dueMs: number }[] = [];
  #sweep: Timer | undefined;
  #draining = false;
  #onIdle: (() => void) | undefined;

  constructor({ clock, rng, leaveMs = LEAVE_MS }: NetEngineOptions) {
    this.#clock = clock;
    this.#rng = rng;
    this.#leaving = new Draining({ rng, windowMs: leaveMs });
    this.#pools = new EndpointPools(() => clock.nowMs());
    this.#context = {
      nowMs: () => clock.nowMs(),
      word: () => Math.floor(rng.next() * 4_294_967_296),
      requestHead: new RequestHead(),
      draining: () => this.#draining,
      upstreamTo: (endpoint) => this.#pools.take(endpoint),
      exchangeBegan: (caller) => this.#busy.add(caller),
      exchangeEnded: (caller) => this.#onExchangeEnded(caller),
    };
    this.#relaying = {
      nowMs: () => clock.nowMs(),
      connect: ({ endpoint: { ip, port } }, end) => {
        const wire = new SocketWire();
        connectWired(wire, end, { host: ip, port, allowHalfOpen: true }, () => end.onConnected());
        return wire;
      },
      over: (relay) => {
        this.#relays.delete(relay);
        this.#whenIdle();
      },
    };
  }

  listen(spec: ListenerSpec, path: RequestPath): Promise<Result<Listening>> {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
    server.maxConnections = MAX_CONNECTIONS;
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

  onTable(table: ClusterTable): void {
    this.#leaving.onTable(table, this.#clock.nowMs(), this.#clock.wallMs());
    this.#pools.keepOnly(fitForReuse(table));
  }

  get leaving(): readonly LeavingEndpoint[] {
    return this.#leaving.endpoints;
  }

  endDraining(service: string): number {
    return this.#leaving.endNow(service, this.#clock.nowMs());
  }

  async drain(timeoutMs: number): Promise<void> {
    this.#draining = true;
    const accepting = [...this.#servers].map((server) => this.#stopAccepting(server));
    for (const caller of [...this.#callers.keys()]) caller.closeSoon();
    this.#sayGoodbyes(timeoutMs * SENT_AWAY_WITHIN);
    if (!this.#isIdle) await this.#idleWithin(timeoutMs);
    for (const relay of [...this.#relays.keys()]) relay.cut();
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
    return this.#busy.size + this.#relays.size;
  }

  #onConnection(server: Server, accepted: Socket, { route }: ListenerSpec, path: RequestPath): void {
    const wire = new SocketWire();
    const peerIp = accepted.remoteAddress ?? "unknown";
    // Nobody can tell TCP from HTTP by looking on: who speaks first is part of the protocol.
    if (route.kind === "service" && path.streams.protocolOf(route.service) === "tcp") {
      const relay = new Relay(this.#relaying, path.streams);
      this.#relays.set(relay, server);
      relay.caller.wire = wire;
      acceptWired(wire, relay.caller, accepted);
      relay.begin(route.service, peerIp);
      this.#scheduleSweep();
      return;
    }
    const caller = new Caller(wire, { context: this.#context, path, route, peerIp });
    this.#callers.set(caller, server);
    const socket = acceptWired(wire, caller, accepted);
    socket.on("close", () => this.#callers.delete(caller));
    this.#scheduleSweep();
  }

  #onExchangeEnded(caller: Caller): void {
    this.#busy.delete(caller);
    this.#whenIdle();
  }

  get #isIdle(): boolean {
    return this.#busy.size === 0 && this.#relays.size === 0;
  }

  #whenIdle(): void {
    if (this.#isIdle) this.#onIdle?.();
  }

  *#tenants(): Iterable<DrainingTenant> {
    yield* this.#busy;
    yield* this.#relays.keys();
  }

  /** Requests end by themselves; what has no end of its own is told to go, one after the other. */
  #sayGoodbyes(withinMs: number): void {
    const openEnded = [...this.#tenants()].filter((tenant) => tenant.isOpenEnded);
    const nowMs = this.#clock.nowMs();
    const dues = spread(openEnded.length, nowMs, nowMs + withinMs, this.#rng);
    this.#goodbyes = openEnded.map((tenant, index) => ({ tenant, dueMs: dues[index] ?? nowMs }));
  }

  #scheduleSweep(): void {
    this.#sweep ??= this.#clock.schedule(SWEEP_MS, () => {
      this.#sweep = undefined;
      const nowMs = this.#clock.nowMs();
      for (const caller of this.#callers.keys()) caller.sweep(nowMs);
      for (const relay of [...this.#relays.keys()]) relay.sweep(nowMs);
      this.#pools.sweep(nowMs);
      if (this.#leaving.isActive) this.#leaving.sweep([...this.#tenants()], nowMs);
      for (const { tenant, dueMs } of this.#goodbyes) if (nowMs >= dueMs) tenant.sendAway();
      this.#goodbyes = this.#goodbyes.filter(({ dueMs }) => nowMs < dueMs);
      if (this.#relays.size > 0 || this.#callers.size > 0 || this.#pools.size > 0) this.#scheduleSweep();
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
    for (const [relay, of] of [...this.#relays]) if (of === server) relay.cut();
    await closed;
  }
}
