// A gRPC server on node:http2, for connections that somebody else accepts: which method is called, how many streams a connection may
// open and reset, whether the client is still there, and the end.

import {
  constants,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from "node:http2";
import type { Socket } from "node:net";
import type { Clock, Rng, Timer } from "@fairlead/shared";
import { notServed, readCallHead } from "../grpc/call-head.js";
import type { XdsLimits } from "../limits.js";
import type { Peer } from "./connections.js";
import { GrpcCall, type Service } from "./grpc-call.js";

export interface GrpcServerDeps {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly limits: XdsLimits;
  readonly onLimit: (limit: "resetsPerConnection") => void;
}

/** A client that vanished without a word is noticed after the two together; C-core 1.51 may take 5 s for an answer when idle. */
const PING_EVERY_MS = 30_000;
const PING_TIMEOUT_MS = 20_000;
const LOOK_EVERY_MS = 1_000;

/** Resets that come back to a connection every second, as part of what it may do at once. */
const RESETS_BACK = 0.1;

interface Connection {
  readonly session: ServerHttp2Session;
  readonly peer: Peer;
  /** Streams open on it. */
  calls: number;
  /** Since when there is none. */
  idleSinceMs: number;
  pingAtMs: number;
  /** When the ping went that is not answered. */
  pingedMs: number | undefined;
  /** Resets it has left, as of `resetsMs`. */
  resets: number;
  resetsMs: number;
}

const ignore = () => undefined;

export class GrpcServer {
  readonly #deps: GrpcServerDeps;
  readonly #options: ServerOptions;
  readonly #services = new Map<string, Service>();
  readonly #connections = new Set<Connection>();
  #look: Timer | undefined;
  #whenEmpty: () => void = ignore;

  constructor(deps: GrpcServerDeps) {
    this.#deps = deps;
    this.#options = sessionOptions(deps.limits);
  }

  /** Serves a method from now on: `path` is `/package.Service/Method`. */
  register(path: string, service: Service): void {
    this.#services.set(path, service);
  }

  /** Takes over a connection, with whatever its client asks on it. */
  take(socket: Socket, peer: Peer): void {
    const nowMs = this.#deps.clock.nowMs();
    const session = performServerHandshake(socket, this.#options);
    const connection: Connection = {
      session,
      peer,
      calls: 0,
      idleSinceMs: nowMs,
      pingAtMs: this.#nextPingMs(nowMs),
      pingedMs: undefined,
      resets: this.#deps.limits.resetsPerConnection,
      resetsMs: nowMs,
    };
    session.on("stream", (stream, headers) => this.#accept(connection, stream, headers));
    // What is wrong with a connection ends it.
    session.on("error", ignore);
    session.on("close", () => this.#closed(connection));
    this.#connections.add(connection);
    this.#look ??= this.#deps.clock.schedule(LOOK_EVERY_MS, () => this.#lookAround());
  }

  /** Tells every client to open nothing more on its connection, which ends with its last stream; resolves when all have ended. */
  close(): Promise<void> {
    for (const { session } of this.#connections) session.close();
    return new Promise((resolve) => {
      this.#whenEmpty = resolve;
      if (this.#connections.size === 0) resolve();
    });
  }

  /** Ends what is left of the connections. */
  destroy(): void {
    for (const { session } of this.#connections) session.destroy();
    this.#look?.cancel();
  }

  #accept(connection: Connection, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    connection.calls += 1;
    const call = new GrpcCall(stream, connection.peer, this.#deps.limits.requestBytes);
    stream.on("close", () => this.#callEnded(connection, stream, call));
    // Reset in the same breath.
    if (stream.destroyed || stream.closed) return;
    const head = readCallHead(headers);
    if (head.kind === "foreign") stream.respond({ ":status": head.httpStatus }, { endStream: true });
    else if (head.kind === "refused") call.close(head.status, head.headers);
    else this.#serve(call, head);
  }

  #serve(call: GrpcCall, { path, timeoutMs }: { readonly path: string; readonly timeoutMs: number | undefined }): void {
    const service = this.#services.get(path);
    if (service === undefined) {
      call.close(notServed(path));
      return;
    }
    call.serve(service);
    if (timeoutMs !== undefined) call.endAfter(timeoutMs, this.#deps.clock);
  }

  #callEnded(connection: Connection, { rstCode }: ServerHttp2Stream, { hasEnded }: GrpcCall): void {
    const nowMs = this.#deps.clock.nowMs();
    connection.calls -= 1;
    if (connection.calls === 0) connection.idleSinceMs = nowMs;
    // Reset by the client, whatever it gave as its reason, or by us for a frame that breaks the protocol (CVE-2025-8671).
    if (!hasEnded || rstCode !== constants.NGHTTP2_NO_ERROR) this.#countReset(connection, nowMs);
  }

  /** Node counts too, from 22 on; before, it says GOAWAY and goes on serving. */
  #countReset(connection: Connection, nowMs: number): void {
    const { limits, onLimit } = this.#deps;
    const most = limits.resetsPerConnection;
    const back = ((nowMs - connection.resetsMs) / 1_000) * RESETS_BACK * most;
    connection.resets = Math.min(most, connection.resets + back) - 1;
    connection.resetsMs = nowMs;
    if (connection.resets >= 0 || connection.session.destroyed) return;
    onLimit("resetsPerConnection");
    connection.session.destroy(new Error("too many streams were reset"), constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  /** One timer for all connections: looks for those nobody uses, and for clients that are gone. */
  #lookAround(): void {
    const nowMs = this.#deps.clock.nowMs();
    for (const connection of this.#connections) this.#lookAt(connection, nowMs);
    this.#look = this.#connections.size === 0 ? undefined : this.#deps.clock.schedule(LOOK_EVERY_MS, () => this.#lookAround());
  }

  #lookAt(connection: Connection, nowMs: number): void {
    const { session, pingedMs } = connection;
    const idleMs = connection.calls === 0 ? nowMs - connection.idleSinceMs : 0;
    const { idleConnectionMs } = this.#deps.limits;
    if (pingedMs !== undefined && nowMs - pingedMs >= PING_TIMEOUT_MS) session.destroy();
    else if (idleMs >= idleConnectionMs + PING_TIMEOUT_MS) session.destroy();
    else if (idleMs >= idleConnectionMs) session.close();
    else if (pingedMs === undefined && nowMs >= connection.pingAtMs) this.#ping(connection, nowMs);
  }

  #ping(connection: Connection, nowMs: number): void {
    if (connection.session.destroyed) return;
    connection.pingedMs = nowMs;
    connection.session.ping(() => {
      connection.pingedMs = undefined;
      connection.pingAtMs = this.#nextPingMs(this.#deps.clock.nowMs());
    });
  }

  /** Connections opened together are not pinged together. */
  #nextPingMs(nowMs: number): number {
    return nowMs + PING_EVERY_MS * (0.8 + 0.4 * this.#deps.rng.next());
  }

  #closed(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#whenEmpty();
  }
}

function sessionOptions(limits: XdsLimits): ServerOptions {
  return {
    settings: {
      maxConcurrentStreams: limits.streamsPerConnection,
      // A client says its headers once per stream, and streams live for half an hour: there is nothing to gain from remembering them.
      headerTableSize: 0,
      // A call's headers take a few hundred bytes, with a token or a trace a few thousand.
      maxHeaderListSize: 16_384,
    },
    maxDeflateDynamicTableSize: 0,
    maxHeaderListPairs: 64,
    // Frames that break the protocol; a client sends none.
    maxSessionInvalidFrames: 100,
    // Megabytes. A connection that holds more opens no more streams; what a stream may hold is `bufferBytes`.
    maxSessionMemory: 64,
  };
}
