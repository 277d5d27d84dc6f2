import { createServer, type Server, type Socket } from "node:net";
import type { Clock, Result, Rng, Timer } from "@fairlead/shared";
import type { ClusterTable } from "../../clusters/index.js";
import { Draining, type DrainingTenant, fitForReuse, type LeavingEndpoint, spread } from "../draining.js";
import { Edge } from "../edge.js";
import type { Engine, ListenerSpec, Listening, RequestPath, RouteBy } from "../engine.js";
import { HedgeWatch } from "../hedging.js";
import { Caller } from "../http1/caller.js";
import type { CallerOptions, ExchangeContext } from "../http1/exchange-context.js";
import { RequestHead } from "../http1/request-head.js";
import { Relay, type RelayContext } from "../tcp/relay.js";
import { EndpointPools } from "./endpoint-pools.js";
import { IdleWait, Listeners } from "./listeners.js";
import { acceptWired, connectWired, SocketWire } from "./socket-wire.js";

/** Resolution of every timeout of a connection: one timer for all, instead of several per request. */
const SWEEP_MS = 50;
/** Time for callers of WebSockets and the like to come back in peace; requests have long finished. */
const LEAVE_MS = 60_000;
/** Of the time to drain: what is told to go last still has some left to go in order. */
const SENT_AWAY_WITHIN = 0.85;

export interface NetEngineOptions {
  readonly clock: Clock;
  /** For request ids. */
  readonly rng: Rng;
  readonly edge?: Edge;
  /** How long connections without an end of their own may stay with an endpoint that leaves. */
  readonly leaveMs?: number;
}

interface RelayedTo {
  readonly service: string;
  readonly peerIp: string;
  readonly path: RequestPath;
}

/** A service that turns out to be TCP: whoever was taken for a caller of HTTP finds out by its end. */
function isOfTcp(route: RouteBy | undefined, table: ClusterTable): boolean {
  return route?.kind === "service" && table.get(route.service)?.config.protocol === "tcp";
}

/** HTTP/1.1 and TCP on bare sockets: the machines of `http1/` and `tcp/`, joined to connections. */
export class NetEngine implements Engine {
  readonly #clock: Clock;
  readonly #edge: Edge;
  readonly #pools: EndpointPools;
  readonly #context: ExchangeContext;
  readonly #listeners = new Listeners<Server>();
  readonly #routes = new WeakMap<Server, RouteBy>();
  readonly #idle = new IdleWait();
  readonly #callers = new Map<Caller, Server>();
  /** Callers with a request under way. */
  #busy = 0;
  readonly #relays = new Map<Relay, Server>();
  readonly #relaying: RelayContext;
  readonly #rng: Rng;
  readonly #leaving: Draining;
  /** As `onTable` saw it last. */
  #table: ClusterTable = new Map();
  /** While the process ends: whoever is told to go, and when. */
  #goodbyes: { readonly tenant: DrainingTenant; readonly dueMs: number }[] = [];
  #sweep: Timer | undefined;
  #draining = false;

  constructor({ clock, rng, edge = new Edge(), leaveMs = LEAVE_MS }: NetEngineOptions) {
    this.#clock = clock;
    this.#rng = rng;
    this.#edge = edge;
    this.#leaving = new Draining({ rng, windowMs: leaveMs });
    this.#pools = new EndpointPools(edge.limits);
    this.#context = {
      nowMs: () => clock.nowMs(),
      word: () => Math.floor(rng.next() * 4_294_967_296),
      requestHead: new RequestHead(),
      draining: () => this.#draining,
      hedges: new HedgeWatch(clock),
      edge,
      upstreamTo: (endpoint, counters) => this.#pools.take(endpoint, counters),
      exchangeBegan: () => {
        this.#busy++;
      },
      exchangeEnded: () => {
        this.#busy--;
        this.#whenIdle();
      },
    };
    this.#relaying = {
      nowMs: () => clock.nowMs(),
      edge,
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
    this.#routes.set(server, spec.route);
    const counts = this.#edge.listener(spec.route);
    server.maxConnections = this.#edge.maxConnections;
    server.on("drop", () => {
      counts.refused++;
      this.#edge.limits.hit("connections");
    });
    server.on("connection", (socket) => this.#onConnection(server, socket, spec, path));
    return this.#listeners.listen(server, spec, () => {
      for (const [caller, of] of [...this.#callers]) if (of === server) caller.cut();
      for (const [relay, of] of [...this.#relays]) if (of === server) relay.cut();
    });
  }

  onTable(table: ClusterTable): void {
    const { nowMs, wallMs } = { nowMs: this.#clock.nowMs(), wallMs: this.#clock.wallMs() };
    this.#leaving.onTable(table, this.#tenants(), { nowMs, wallMs });
    for (const [endpoint, isFit] of fitForReuse(this.#table, table)) this.#pools.setFit(endpoint, isFit);
    this.#table = table;
    for (const [caller, server] of [...this.#callers]) if (isOfTcp(this.#routes.get(server), table)) caller.closeSoon();
    if (this.#leaving.isActive) this.#scheduleSweep();
  }

  get leaving(): readonly LeavingEndpoint[] {
    return this.#leaving.endpoints;
  }

  get moved(): ReadonlyMap<string, number> {
    return this.#leaving.moved;
  }

  endDraining(service: string): number {
    return this.#leaving.endNow(service, this.#clock.nowMs());
  }

  async drain(timeoutMs: number): Promise<void> {
    this.#draining = true;
    const accepting = this.#listeners.stopAccepting();
    for (const caller of [...this.#callers.keys()]) caller.closeSoon();
    this.#sayGoodbyes(timeoutMs * SENT_AWAY_WITHIN);
    if (!this.#isIdle && timeoutMs > 0) await this.#idle.within(timeoutMs, this.#clock);
    for (const relay of [...this.#relays.keys()]) relay.cut();
    const callers = [...this.#callers.keys()];
    // Who waits goes first, or those before them would leave them their places.
    for (const caller of callers) if (caller.account.isWaiting) caller.cutOff();
    for (const caller of callers) caller.cutOff();
    // Answers just given leave in the next turn of the loop.
    await new Promise((resolve) => setImmediate(resolve));
    for (const caller of [...this.#callers.keys()]) caller.cut();
    await Promise.all(accepting);
    this.#sweep?.cancel();
    this.#sweep = undefined;
    this.#context.hedges.close();
    this.#pools.destroy();
  }

  /** Requests under way, for metrics and tests. */
  get inFlight(): number {
    return this.#busy + this.#relays.size;
  }

  #onConnection(server: Server, accepted: Socket, { route }: ListenerSpec, path: RequestPath): void {
    const peerIp = accepted.remoteAddress ?? "unknown";
    const counts = this.#edge.listener(route);
    counts.accepted++;
    counts.open++;
    // Nobody can tell TCP from HTTP by looking on: who speaks first is part of the protocol.
    const isTcp = route.kind === "service" && path.streams.protocolOf(route.service) === "tcp";
    const socket = isTcp
      ? this.#relay(server, accepted, { service: route.service, peerIp, path })
      : this.#serve(server, accepted, { context: this.#context, path, route, peerIp, counts });
    socket.on("close", () => counts.open--);
    this.#scheduleSweep();
  }

  #serve(server: Server, accepted: Socket, options: CallerOptions): Socket {
    const wire = new SocketWire();
    const caller = new Caller(wire, options);
    this.#callers.set(caller, server);
    const socket = acceptWired(wire, caller, accepted);
    socket.on("close", () => this.#callers.delete(caller));
    return socket;
  }

  #relay(server: Server, accepted: Socket, { service, peerIp, path }: RelayedTo): Socket {
    const relay = new Relay(this.#relaying, path.streams);
    this.#relays.set(relay, server);
    const wire = new SocketWire();
    relay.caller.wire = wire;
    const socket = acceptWired(wire, relay.caller, accepted);
    relay.begin(service, peerIp);
    return socket;
  }

  get #isIdle(): boolean {
    return this.#busy === 0 && this.#relays.size === 0;
  }

  #whenIdle(): void {
    if (this.#isIdle) this.#idle.reached();
  }

  *#tenants(): Iterable<DrainingTenant> {
    for (const caller of this.#callers.keys()) if (caller.isBusy) yield caller.stay;
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
      if (this.#relays.size > 0 || this.#callers.size > 0 || !this.#pools.isEmpty) this.#scheduleSweep();
    });
  }
}
