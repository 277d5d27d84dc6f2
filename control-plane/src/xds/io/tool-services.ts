// What tools ask a gRPC server beside its own services: the status of its clients, its health, its schema.

import { DecodeError, services } from "@fairlead/proto";
import { type Clock, type Closable, fail, ok, type Result, type Watchable } from "@fairlead/shared";
import { clientStatus } from "../client-status.js";
import { framed } from "../grpc/message-reader.js";
import type { XdsLimits } from "../limits.js";
import { Reflection } from "../reflection.js";
import type { ClientStanding } from "../resource-standing.js";
import { STATUS, type StreamStatus } from "../stream-machine.js";
import type { CallReceiver, GrpcCall } from "./grpc-call.js";
import type { GrpcServer } from "./grpc-server.js";
import type { PeerGuard } from "./peer-guard.js";
import { type Answer, answerEach, answerOnce, oneRequest } from "./simple-calls.js";
import { SERVED_METHODS } from "./stream-methods.js";

export interface ToolServicesDeps {
  readonly limits: XdsLimits;
  readonly clock: Clock;
  /** Every stream of a client. */
  readonly clients: () => Iterable<ClientStanding>;
  readonly ready: Watchable<boolean>;
  /** Whether load reports are taken. */
  readonly takesLoads: boolean;
  readonly guard: PeerGuard;
  readonly onLimit: (limit: "toolStreams") => void;
}

export interface ToolServices {
  /** Not healthy from now on, and streams end. */
  close(): void;
}

const REFLECTION_V1ALPHA = services.reflection.ServerReflectionInfo.path.replace(".v1.", ".v1alpha.");

const ENDED: StreamStatus = { code: STATUS.ok, details: "this server is closing" };

type HealthStatus = "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN";

interface ToolStream {
  end(): void;
}

export function serveTools(server: GrpcServer, deps: ToolServicesDeps): ToolServices {
  const tools = new Tools(server, deps);
  return { close: () => tools.close() };
}

class Tools {
  readonly #server: GrpcServer;
  readonly #deps: ToolServicesDeps;
  readonly #open = new Set<ToolStream>();
  readonly #served: ReadonlySet<string>;
  #closing = false;

  constructor(server: GrpcServer, deps: ToolServicesDeps) {
    this.#server = server;
    this.#deps = deps;
    const { clientStatus: csds, health, reflection, loadReporting } = services;
    const paths = [
      ...SERVED_METHODS.map(({ path }) => path),
      csds.FetchClientStatus.path,
      health.Check.path,
      reflection.ServerReflectionInfo.path,
      REFLECTION_V1ALPHA,
      ...(deps.takesLoads ? [loadReporting.StreamLoadStats.path] : []),
    ];
    this.#served = new Set(paths.map(serviceOf));
    const { clock, limits } = deps;
    const wallOf = (monotonicMs: number) => clock.wallMs() - (clock.nowMs() - monotonicMs);
    const status = asBytes(csds.FetchClientStatus, (request) => clientStatus(request, deps.clients(), { ...limits, wallOf }));
    this.#unary(csds.FetchClientStatus.path, status);
    this.#conversation(csds.StreamClientStatus.path, status);
    this.#unary(
      health.Check.path,
      asBytes(health.Check, ({ service }) => this.#check(service)),
    );
    this.#serveWatch();
    const schema = new Reflection([...this.#served]);
    const described = asBytes(reflection.ServerReflectionInfo, (request) => ok(schema.answer(request)));
    for (const path of [reflection.ServerReflectionInfo.path, REFLECTION_V1ALPHA]) this.#conversation(path, described);
  }

  close(): void {
    this.#closing = true;
    for (const stream of [...this.#open]) stream.end();
  }

  get #health(): "SERVING" | "NOT_SERVING" {
    return this.#deps.ready.value && !this.#closing ? "SERVING" : "NOT_SERVING";
  }

  #check(service: string): Result<{ readonly status: "SERVING" | "NOT_SERVING" }, StreamStatus> {
    if (service === "" || this.#served.has(service)) return ok({ status: this.#health });
    return fail({ code: STATUS.notFound, details: `no service ${service.slice(0, 200)} here` });
  }

  #unary(path: string, answer: Answer): void {
    this.#server.register(path, (call) => {
      const unproven = path === services.health.Check.path ? undefined : this.#deps.guard.refusalOfPeer(call.peer);
      if (unproven === undefined) return answerOnce(call, answer);
      call.close(unproven);
      return undefined;
    });
  }

  /** A stream of questions, each answered at once. */
  #conversation(path: string, answer: Answer): void {
    this.#server.register(path, (call) => {
      const unproven = this.#deps.guard.refusalOfPeer(call.peer);
      if (unproven !== undefined) {
        call.close(unproven);
        return undefined;
      }
      const stream = { end: () => call.close(ENDED) };
      return this.#admit(call, stream) ? answerEach(call, answer, () => this.#open.delete(stream)) : undefined;
    });
  }

  #serveWatch(): void {
    this.#server.register(services.health.Watch.path, (call) => this.#watch(call));
  }

  #watch(call: GrpcCall): CallReceiver | undefined {
    const { requestDeserialize } = services.health.Watch;
    const say = (status: HealthStatus) => call.write(framed(services.health.Watch.responseSerialize({ status })));
    let watch: Closable | undefined;
    const stream = {
      end: () => {
        say("NOT_SERVING");
        call.close(ENDED);
        ended();
      },
    };
    const ended = () => {
      this.#open.delete(stream);
      void watch?.close();
    };
    if (!this.#admit(call, stream)) return undefined;
    const serve = (request: Buffer) => {
      const asked = read(requestDeserialize, request);
      if (!asked.ok) {
        call.close(asked.error);
        ended();
        return;
      }
      const { service } = asked.value;
      // A service may be added later by the standard's reckoning: the stream stays open.
      if (service !== "" && !this.#served.has(service)) say("SERVICE_UNKNOWN");
      else watch = this.#deps.ready.watch(() => void say(this.#health));
    };
    return oneRequest(call, serve, ended);
  }

  #admit(call: GrpcCall, stream: ToolStream): boolean {
    const { limits, onLimit } = this.#deps;
    if (this.#closing || this.#open.size >= limits.toolStreams) {
      if (!this.#closing) onLimit("toolStreams");
      const details = this.#closing ? "this server is closing" : "too many streams of tools are open";
      call.close({ code: STATUS.unavailable, details });
      return false;
    }
    this.#open.add(stream);
    return true;
  }
}

/** A method with its own messages, as bytes in and bytes out. */
function asBytes<Q, S>(
  method: { readonly requestDeserialize: (bytes: Buffer) => Q; readonly responseSerialize: (message: S) => Buffer },
  answer: (request: Q) => Result<S, StreamStatus>,
): Answer {
  return (bytes) => {
    const request = read(method.requestDeserialize, bytes);
    const answered = request.ok ? answer(request.value) : request;
    return answered.ok ? ok(method.responseSerialize(answered.value)) : answered;
  };
}

/** Garbage is the caller's fault. */
function read<Q>(deserialize: (bytes: Buffer) => Q, bytes: Buffer): Result<Q, StreamStatus> {
  try {
    return ok(deserialize(bytes));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return fail({ code: STATUS.invalidArgument, details: error.message });
  }
}

/** `/package.Service/Method` → `package.Service`. */
function serviceOf(path: string): string {
  return path.slice(1, path.lastIndexOf("/"));
}
