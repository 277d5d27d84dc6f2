// What tools ask a gRPC server beside its own services: the status of its clients, its health, its schema.

import { DecodeError, services } from "@fairlead/proto";
import { type Clock, fail, ok, type Result, type Watchable } from "@fairlead/shared";
import type { Server, ServerErrorResponse, ServerUnaryCall, ServerWritableStream, sendUnaryData } from "@grpc/grpc-js";
import { clientStatus } from "../client-status.js";
import type { XdsLimits } from "../limits.js";
import { Reflection } from "../reflection.js";
import type { ClientStanding } from "../resource-standing.js";
import { STATUS, type StreamStatus } from "../stream-machine.js";
import type { PeerGuard } from "./peer-guard.js";
import type { BytesCall } from "./served-stream.js";
import { refuse, SERVED_METHODS } from "./stream-methods.js";

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

const asIs = (bytes: Buffer): Buffer => bytes;
const REFLECTION_V1ALPHA = services.reflection.ServerReflectionInfo.path.replace(".v1.", ".v1alpha.");

interface ToolStream {
  end(): void;
}

export function serveTools(server: Server, deps: ToolServicesDeps): ToolServices {
  const tools = new Tools(server, deps);
  return { close: () => tools.close() };
}

class Tools {
  readonly #server: Server;
  readonly #deps: ToolServicesDeps;
  readonly #open = new Set<ToolStream>();
  readonly #served: ReadonlySet<string>;
  #closing = false;

  constructor(server: Server, deps: ToolServicesDeps) {
    this.#server = server;
    this.#deps = deps;
    const { clientStatus: csds, health, reflection, loadReporting } = services;
    const paths = [
      ...SERVED_METHODS.map(({ name }) => name),
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

  #unary(path: string, answer: (bytes: Buffer) => Result<Buffer, StreamStatus>): void {
    const handle = (call: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>): void => {
      const unproven = path === services.health.Check.path ? undefined : this.#deps.guard.refusalOfPeer(call.getPeer());
      const answered = unproven === undefined ? answer(call.request) : fail(unproven);
      if (answered.ok) respond(null, answered.value);
      else respond(answered.error as Partial<ServerErrorResponse>, null);
    };
    this.#server.register(path, handle, asIs, asIs, "unary");
  }

  /** A stream of questions, each answered at once. */
  #conversation(path: string, answer: (bytes: Buffer) => Result<Buffer, StreamStatus>): void {
    const handle = (call: BytesCall): void => {
      const stream = { end: () => call.end() };
      const unproven = this.#deps.guard.refusalOfPeer(call.getPeer());
      if (unproven !== undefined) {
        refuse(call, unproven);
        return;
      }
      if (!this.#admit(call, stream)) return;
      call.on("data", (bytes: Buffer) => {
        const answered = answer(bytes);
        if (answered.ok) call.write(answered.value);
        else refuse(call, answered.error);
      });
      call.on("end", () => call.end());
    };
    this.#server.register(path, handle, asIs, asIs, "bidi");
  }

  #serveWatch(): void {
    const { path, requestDeserialize, responseSerialize } = services.health.Watch;
    const handle = (call: ServerWritableStream<Buffer, Buffer>): void => {
      if (!this.#admit(call, { end: () => this.#sayAndEnd(call) })) return;
      const { service } = requestDeserialize(call.request);
      // A service may be added later by the standard's reckoning: the stream stays open.
      if (service !== "" && !this.#served.has(service)) {
        call.write(responseSerialize({ status: "SERVICE_UNKNOWN" }));
        return;
      }
      const watch = this.#deps.ready.watch(() => call.write(responseSerialize({ status: this.#health })));
      call.on("close", () => void watch.close());
    };
    this.#server.register(path, handle, asIs, asIs, "serverStream");
  }

  #sayAndEnd(call: ServerWritableStream<Buffer, Buffer>): void {
    call.write(services.health.Watch.responseSerialize({ status: "NOT_SERVING" }));
    call.end();
  }

  #admit(call: BytesCall | ServerWritableStream<Buffer, Buffer>, stream: ToolStream): boolean {
    const { limits, onLimit } = this.#deps;
    if (this.#closing || this.#open.size >= limits.toolStreams) {
      if (!this.#closing) onLimit("toolStreams");
      refuse(call, { code: STATUS.unavailable, details: this.#closing ? "this server is closing" : "too many streams of tools are open" });
      return false;
    }
    this.#open.add(stream);
    const gone = () => this.#open.delete(stream);
    call.on("cancelled", gone);
    call.on("error", gone);
    call.on("finish", gone);
    call.on("close", gone);
    return true;
  }
}

/** A method with its own messages, as bytes in and bytes out; garbage is the caller's fault. */
function asBytes<Q, S>(
  method: { readonly requestDeserialize: (bytes: Buffer) => Q; readonly responseSerialize: (message: S) => Buffer },
  answer: (request: Q) => Result<S, StreamStatus>,
): (bytes: Buffer) => Result<Buffer, StreamStatus> {
  return (bytes) => {
    try {
      const answered = answer(method.requestDeserialize(bytes));
      return answered.ok ? ok(method.responseSerialize(answered.value)) : answered;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return fail({ code: STATUS.invalidArgument, details: error.message });
    }
  };
}

/** `/package.Service/Method` → `package.Service`. */
function serviceOf(path: string): string {
  return path.slice(1, path.lastIndexOf("/"));
}
