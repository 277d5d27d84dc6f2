import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock, Result, Rng, Timer } from "@fairlead/shared";
import type { Engine, ListenerSpec, Listening, RequestPath } from "../../../engine.js";
import type { LocalReply } from "../../../local-reply.js";
import { IdleWait, Listeners } from "../../listeners.js";
import { Exchange, type ExchangeContext } from "./exchange.js";
import { sendRaw } from "./raw-reply.js";
import { UpstreamPools } from "./upstream-pools.js";

/** Resolution of every timeout of an exchange: one timer for all, instead of several per request. */
const SWEEP_MS = 50;
/** Pools empty seconds after their last use; looking for that rarely is enough. */
const POOL_SWEEP_MS = 1_000;

const SERVER_OPTIONS = {
  /** The same as Envoy's default of 60 KiB in order of magnitude; Node's 16 KiB is less than large cookies need. */
  maxHeaderSize: 32 * 1_024,
  /** Slow-header defence. */
  headersTimeout: 10_000,
  /** It would cut long uploads: silence in a body is timed by the exchange. */
  requestTimeout: 0,
  /** Above the 60 s that callers' pools commonly keep idle connections, so that they close first. */
  keepAliveTimeout: 75_000,
  /** How often headersTimeout is looked at; Node's 30 s would make it 40. */
  connectionsCheckingInterval: 1_000,
  insecureHTTPParser: false,
} as const;

/** A connection is recycled now and then, so that load spreads after a restart. */
const MAX_REQUESTS_PER_SOCKET = 10_000;
/** Each costs about 11 KB idle and may park a body buffer: some 100 MB in all. */
const MAX_CONNECTIONS = 8_192;

export interface NodeEngineOptions {
  readonly clock: Clock;
  /** For request ids. */
  readonly rng: Rng;
}

/** The first engine: node:http on both sides. As strict as Node is, plus what `checkRequestHead` and `checkResponseHead` add. */
export class NodeEngine implements Engine {
  readonly #clock: Clock;
  readonly #pools = new UpstreamPools();
  readonly #servers = new Set<Server>();
  readonly #listeners = new Listeners<Server>();
  readonly #idle = new IdleWait();
  readonly #exchanges = new Set<Exchange>();
  /** Exchanges of a connection that have not ended, in the order of their requests: several when a caller pipelines. */
  readonly #pipelines = new WeakMap<Duplex, Set<Exchange>>();
  readonly #context: ExchangeContext;
  #sweep: Timer | undefined;
  #nextPoolSweepMs = 0;
  #draining = false;

  constructor({ clock, rng }: NodeEngineOptions) {
    this.#clock = clock;
    this.#context = {
      clock,
      pools: this.#pools,
      newRequestId: () => newRequestId(rng),
      draining: () => this.#draining,
      ended: (exchange) => this.#onEnded(exchange),
    };
  }

  listen(spec: ListenerSpec, path: RequestPath): Promise<Result<Listening>> {
    const server = createServer(SERVER_OPTIONS);
    // Node's own limit drops headers beyond it without a word; the head check refuses instead, and 32 KiB bound both.
    server.maxHeadersCount = 0;
    server.maxRequestsPerSocket = MAX_REQUESTS_PER_SOCKET;
    server.maxConnections = MAX_CONNECTIONS;
    server.timeout = 0;
    const start = (request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean) => {
      // The connection has had its last answer and only lingers.
      if (!request.socket.writableEnded) this.#open(path, request, response).start(spec.route, awaitsContinue);
    };
    const onRequest = (request: IncomingMessage, response: ServerResponse) => start(request, response, false);
    server.on("connection", (socket) => this.#onConnection(socket));
    server.on("request", onRequest);
    server.on("checkExpectation", onRequest);
    server.on("checkContinue", (request, response) => start(request, response, true));
    server.on("connect", (_, socket) => sendRaw(socket as Socket, path.reply("method-not-allowed", "CONNECT asks for a forward proxy.")));
    server.on("clientError", (error: NodeJS.ErrnoException, socket) => this.#onClientError(error, socket as Socket, path));
    this.#servers.add(server);
    return this.#listeners.listen(server, spec, () => server.closeAllConnections());
  }

  async drain(timeoutMs: number): Promise<void> {
    this.#draining = true;
    // It closes idle connections too, and those in use when they become idle or at the end.
    const accepting = this.#listeners.stopAccepting();
    if (this.#exchanges.size > 0) await this.#idle.within(timeoutMs, this.#clock);
    for (const exchange of this.#exchanges) if (exchange.isWaiting) exchange.cutOff();
    for (const exchange of this.#exchanges) exchange.cutOff();
    // Answers just given are still corked until the next turn of the loop.
    await new Promise((resolve) => setImmediate(resolve));
    for (const server of this.#servers) server.closeAllConnections();
    await Promise.all(accepting);
    this.#sweep?.cancel();
    this.#sweep = undefined;
    this.#pools.destroy();
  }

  /** Requests under way, for metrics and tests. */
  get inFlight(): number {
    return this.#exchanges.size;
  }

  #open(path: RequestPath, request: IncomingMessage, response: ServerResponse): Exchange {
    const exchange = new Exchange(this.#context, path, request, response);
    this.#exchanges.add(exchange);
    this.#pipelines.get(request.socket)?.add(exchange);
    this.#scheduleSweep();
    return exchange;
  }

  /** Node tells only the answer being written that its connection is gone, not those that wait behind it. */
  #onConnection(socket: Socket): void {
    const pipeline = new Set<Exchange>();
    this.#pipelines.set(socket, pipeline);
    socket.once("close", () => {
      for (const exchange of pipeline) exchange.end();
    });
  }

  #onEnded(exchange: Exchange): void {
    this.#exchanges.delete(exchange);
    this.#pipelines.get(exchange.connection)?.delete(exchange);
    if (this.#exchanges.size === 0) this.#idle.reached();
  }

  /** Bytes that do not parse, or a head that did not come in time. */
  #onClientError(error: NodeJS.ErrnoException, socket: Socket, path: RequestPath): void {
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    const latest = [...(this.#pipelines.get(socket) ?? [])].at(-1);
    // Garbage after a whole request does not harm that request: it gets its answer, then the connection ends.
    if (latest?.isArriving === false) latest.closeAfter();
    else if (latest !== undefined) latest.refuse(replyTo(error, path));
    else sendRaw(socket, replyTo(error, path));
  }

  #scheduleSweep(): void {
    this.#sweep ??= this.#clock.schedule(SWEEP_MS, () => {
      this.#sweep = undefined;
      const nowMs = this.#clock.nowMs();
      for (const exchange of this.#exchanges) exchange.sweep(nowMs);
      if (nowMs >= this.#nextPoolSweepMs) {
        this.#nextPoolSweepMs = nowMs + POOL_SWEEP_MS;
        this.#pools.sweep();
      }
      if (this.#exchanges.size > 0 || this.#pools.size > 0) this.#scheduleSweep();
    });
  }
}

function replyTo(error: NodeJS.ErrnoException, path: RequestPath): LocalReply {
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      return path.reply("head-too-large", `The head is larger than ${SERVER_OPTIONS.maxHeaderSize / 1_024} KiB.`);
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return path.reply("request-timeout", `The head did not arrive within ${SERVER_OPTIONS.headersTimeout / 1_000} s.`);
    default:
      return path.reply("bad-request", `Refused: not HTTP/1.1 (${error.code ?? error.message}).`);
  }
}

/** 128 random bits in hex. */
function newRequestId(rng: Rng): string {
  let id = "";
  for (let word = 0; word < 4; word++) {
    id += Math.floor(rng.next() * 4_294_967_296)
      .toString(16)
      .padStart(8, "0");
  }
  return id;
}
