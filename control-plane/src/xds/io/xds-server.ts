// The gRPC server: which methods, which limits of the transport, and how it ends.

import { Cell, type Clock, type CounterMetric, type Log, type Metrics, ok, type Result, type Rng, type Watchable } from "@fairlead/shared";
import { type ConnectionInjector, Server, ServerCredentials, type ServerOptions } from "@grpc/grpc-js";
import { Admission } from "../admission.js";
import type { XdsLimits } from "../limits.js";
import type { LoadObserver } from "../load-report.js";
import type { ViewOf } from "../resource-set.js";
import { ResponseEncoder } from "../response-encoder.js";
import { STATUS, StreamMachine } from "../stream-machine.js";
import type { StreamObserver } from "../stream-observer.js";
import type { TlsState, XdsTls } from "../tls-state.js";
import { WriteRoom } from "../write-room.js";
import { type Connections, newConnections } from "./connections.js";
import { type LoadReporting, serveLoadReports } from "./load-reporting.js";
import { PeerGuard } from "./peer-guard.js";
import { type BytesCall, ServedStream } from "./served-stream.js";
import { hostOf, refuse, SERVED_METHODS, type ServedMethod } from "./stream-methods.js";
import { openTlsFiles, type TlsFiles } from "./tls-files.js";
import { serveTools, type ToolServices } from "./tool-services.js";

export interface XdsServerDeps {
  readonly viewOf: ViewOf;
  readonly observer: StreamObserver;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly limits: XdsLimits;
  /** Shown to clients as `control_plane.identifier`. */
  readonly identifier: string;
  /** Whether what refers to something new waits until the client has acknowledged that, 15 s at most (make before break). Default false. */
  readonly gated?: boolean;
  /** Takes what clients report of the load. Without it load reports are not served. */
  readonly loads?: LoadObserver;
  /** What gRPC health says; ready from the start by default. */
  readonly ready?: Watchable<boolean>;
  /** Serve TLS. Without it connections are plain, and a client is whom it says it is. */
  readonly tls?: XdsTls | undefined;
}

export interface XdsServer {
  /** Once. A host of `0.0.0.0` or `::` is every address of the machine, port 0 any free port. */
  listen(address: { readonly host: string; readonly port: number }): Promise<Result<{ readonly port: number }>>;
  /** The certificate in force; undefined without TLS, and before `listen` has read it. */
  readonly tls: Watchable<TlsState | undefined>;
  /** Ends the streams in batches, then the connections. */
  close(): Promise<void>;
}

/** A client that vanished without a word is noticed after the two together; C-core 1.51 may take 5 s for an answer when idle. */
const KEEPALIVE = { "grpc.keepalive_time_ms": 30_000, "grpc.keepalive_timeout_ms": 20_000 };

/** Clients reopen a stream closed after a response within 10 ms: 2,500 a second is what another replica can take. */
const CLOSE_BATCH = 50;
const CLOSE_BATCH_EVERY_MS = 20;
/** What connections get to finish once their streams have ended. */
const CLOSE_GRACE_MS = 1_000;
export function newXdsServer(deps: XdsServerDeps): XdsServer {
  return new GrpcXdsServer(deps);
}

class GrpcXdsServer implements XdsServer {
  readonly #deps: XdsServerDeps;
  readonly #server: Server;
  readonly #injector: ConnectionInjector;
  readonly tls = new Cell<TlsState | undefined>(undefined);
  #connections: Connections | undefined;
  #files: TlsFiles | undefined;
  readonly #encoder: ResponseEncoder;
  readonly #admission: Admission;
  readonly #room: WriteRoom;
  readonly #limitHits: CounterMetric;
  readonly #guard: PeerGuard;
  readonly #streams = new Set<ServedStream>();
  readonly #loads: LoadReporting | undefined;
  readonly #tools: ToolServices;
  #streamId = 0;
  #closing: Promise<void> | undefined;

  constructor(deps: XdsServerDeps) {
    this.#deps = deps;
    this.#encoder = new ResponseEncoder(deps.identifier);
    this.#admission = new Admission(deps.limits);
    this.#room = new WriteRoom({ clock: deps.clock, bytes: deps.limits.waitingBytes, onFull: () => this.#hit("waitingBytes") });
    this.#limitHits = deps.metrics.counter({
      name: "xds_limit_hits_total",
      help: "Streams and connections refused or ended by a limit of the xDS server.",
      labels: ["limit"],
    });
    this.#guard = new PeerGuard({ ...deps, connections: () => this.#connections });
    this.#server = new Server(serverOptions(deps.limits));
    for (const method of SERVED_METHODS) this.#serve(method);
    this.#loads = this.#serveLoads();
    this.#tools = this.#serveTools();
    this.#injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
  }

  async listen(address: { readonly host: string; readonly port: number }): Promise<Result<{ readonly port: number }>> {
    const { tls, log } = this.#deps;
    const files = tls === undefined ? ok(undefined) : await openTlsFiles(tls, this.#deps);
    if (!files.ok) return files;
    this.#files = files.value;
    this.#connections = this.#newConnections(files.value);
    const listening = await this.#connections.listen(address);
    if (listening.ok) log.info("xds-listening", { host: address.host, port: listening.value.port, tls: tls !== undefined });
    else files.value?.close();
    return listening;
  }

  #newConnections(files: TlsFiles | undefined): Connections {
    const { limits, tls } = this.#deps;
    const options = { injector: this.#injector, maxConnections: limits.connections, onRefused: () => this.#hit("connections") };
    if (files === undefined) return newConnections(options);
    const asksClients = tls?.clientCa !== undefined;
    const onFailed = (because: string) => this.#guard.refused("handshake", because);
    const connections = newConnections({ ...options, tls: { material: files.material.value, asksClients, onFailed } });
    files.state.watch((state) => this.tls.set(state));
    files.material.watch((material) => connections.renew(material));
    return connections;
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  #serve(method: ServedMethod): void {
    const { name, definition } = method;
    this.#server.register(
      name,
      (call: BytesCall) => this.#accept(call, method),
      definition.responseSerialize,
      definition.requestDeserialize,
      "bidi",
    );
  }

  #serveLoads(): LoadReporting | undefined {
    const { loads } = this.#deps;
    if (loads === undefined) return undefined;
    return serveLoadReports(this.#server, { ...this.#deps, observer: loads, guard: this.#guard, onLimit: (limit) => this.#hit(limit) });
  }

  #serveTools(): ToolServices {
    const { limits, loads, ready } = this.#deps;
    const clients = () => [...this.#streams].flatMap((stream) => stream.standing ?? []);
    const onLimit = () => this.#hit("toolStreams");
    return serveTools(this.#server, {
      limits,
      clients,
      ready: ready ?? new Cell(true),
      guard: this.#guard,
      takesLoads: loads !== undefined,
      onLimit,
    });
  }

  #accept(call: BytesCall, { variant, impliedType }: ServedMethod): void {
    const { clock, limits, observer, viewOf } = this.#deps;
    const entered = this.#admission.enter();
    if (!entered.ok || this.#closing !== undefined) {
      if (entered.ok) entered.value.leave();
      else this.#hit("streams");
      const details = entered.ok ? "this server is closing" : entered.error;
      refuse(call, { code: entered.ok ? STATUS.unavailable : STATUS.resourceExhausted, details });
      return;
    }
    const peer = call.getPeer();
    const unproven = this.#guard.refusalOfPeer(peer);
    if (unproven !== undefined) {
      entered.value.leave();
      refuse(call, unproven);
      return;
    }
    const identity = this.#guard.identityOf(peer);
    const places = [entered.value];
    const machine = new StreamMachine({
      streamId: ++this.#streamId,
      peer,
      identity,
      variant,
      impliedType,
      openedAtMs: clock.nowMs(),
      nowMs: () => clock.nowMs(),
      gated: this.#deps.gated ?? false,
      limits,
      encoder: this.#encoder,
      observer,
      refusalOf: (node) => {
        const wrongNode = this.#guard.refusalOfNode(peer, node);
        if (wrongNode !== undefined) return wrongNode;
        const identified = this.#admission.identify(identity ?? hostOf(peer), node.id);
        if (identified.ok) places.push(identified.value);
        else this.#hit("streamsPerIdentity");
        return identified.ok ? undefined : { code: STATUS.resourceExhausted, details: identified.error };
      },
    });
    const stream = new ServedStream({
      call,
      machine,
      variant,
      viewOf,
      clock,
      limits,
      room: this.#room,
      // Between 80 % and 120 %: streams opened together do not end together.
      ageMs: limits.streamAgeMs * (0.8 + 0.4 * this.#deps.rng.next()),
      destroyConnection: () => this.#connections?.destroy(peer),
      onEnded: () => {
        this.#streams.delete(stream);
        for (const place of places) place.leave();
      },
      onLimit: (limit) => this.#hit(limit),
    });
    this.#streams.add(stream);
  }

  #hit(limit: keyof XdsLimits): void {
    this.#limitHits.add(1, { limit });
  }

  async #closeAll(): Promise<void> {
    this.#files?.close();
    this.#connections?.stopListening();
    this.#tools.close();
    // Those that had a response go first: to the others the end looks like a failure (xDS rule R33), and one may still come.
    const streams = [...this.#streams].sort((one, other) => Number(other.hasResponded) - Number(one.hasResponded));
    for (let start = 0; start < streams.length; start += CLOSE_BATCH) {
      if (start > 0) await this.#sleep(CLOSE_BATCH_EVERY_MS);
      for (const stream of streams.slice(start, start + CLOSE_BATCH)) stream.close({ code: STATUS.ok, details: "this server is closing" });
    }
    this.#loads?.close();
    await Promise.race([this.#shutDown(), this.#sleep(CLOSE_GRACE_MS)]);
    this.#server.forceShutdown();
    this.#deps.log.info("xds-closed");
  }

  /** Resolves when every connection has ended by itself. */
  #shutDown(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.tryShutdown(() => resolve());
    });
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#deps.clock.schedule(ms, resolve));
  }
}

function serverOptions(limits: XdsLimits): ServerOptions {
  return {
    ...KEEPALIVE,
    "grpc.max_connection_idle_ms": limits.idleConnectionMs,
    "grpc.max_receive_message_length": limits.requestBytes,
    // What the client takes is the client's limit; a SotW list of listeners or clusters cannot be split (xDS rule R27).
    "grpc.max_send_message_length": -1,
    // Channelz keeps a record per connection and message, and nothing of ours reads it.
    "grpc.enable_channelz": 0,
  };
}
