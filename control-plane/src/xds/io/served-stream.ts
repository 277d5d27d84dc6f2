// One gRPC stream and its protocol machine: bytes in, bytes out, and how much waits to be written.

import { DecodeError, decode } from "@fairlead/proto";
import type { Clock, Closable, Timer } from "@fairlead/shared";
import { Metadata, type ServerDuplexStream } from "@grpc/grpc-js";
import type { XdsLimits } from "../limits.js";
import type { ViewOf, XdsNode } from "../resource-set.js";
import type { ClientStanding } from "../resource-standing.js";
import { STATUS, type Step, type StreamMachine, type StreamStatus } from "../stream-machine.js";
import { readDeltaRequest, readSotwRequest, type StreamRequest } from "../stream-request.js";
import type { RoomPlace, RoomUser, WriteRoom } from "../write-room.js";

export type BytesCall = ServerDuplexStream<Buffer, Buffer>;

export interface ServedStreamDeps {
  readonly call: BytesCall;
  readonly machine: StreamMachine;
  readonly variant: "sotw" | "delta";
  readonly viewOf: ViewOf;
  readonly clock: Clock;
  readonly limits: XdsLimits;
  readonly room: WriteRoom;
  /** How old this stream may become. */
  readonly ageMs: number;
  /** Ends the connection under a stream whose client does not read what would end it properly. */
  readonly destroyConnection: () => void;
  /** Called once, whoever ended the stream. */
  readonly onEnded: () => void;
  /** A limit was hit, by name. */
  readonly onLimit: (limit: "firstRequestMs" | "bufferBytes" | "requestsPerSecond") => void;
}

/** How long a client may take to read the status that ends its stream. */
const CLOSING_MS = 5_000;
const GROWN_OLD_AGAIN_MS = 10_000;
const WINDOW_MS = 1_000;

export class ServedStream implements RoomUser {
  readonly #deps: ServedStreamDeps;
  readonly #place: RoomPlace;
  readonly #firstRequest: Timer;
  #watch: Closable | undefined;
  #due: Timer | undefined;
  #dueMs = 0;
  #age: Timer;
  /** Requests read since `#windowMs`. */
  #requests = 0;
  #windowMs = 0;
  #resumption: Timer | undefined;
  #bufferedBytes = 0;
  #paused = false;
  /** There is no room for what it would write. */
  #held = false;
  #ended = false;

  constructor(deps: ServedStreamDeps) {
    this.#deps = deps;
    const { call, clock, limits, room } = deps;
    this.#place = room.enter(this);
    this.#firstRequest = clock.schedule(limits.firstRequestMs, () => this.#firstRequestIsDue());
    this.#age = clock.schedule(deps.ageMs, () => this.#grownOld());
    call.on("data", (bytes: Buffer) => this.#received(bytes));
    call.on("end", () => this.close({ code: STATUS.ok, details: "the client ended its side" }));
    call.on("cancelled", () => this.#end("the client cancelled the stream or its connection broke"));
    call.on("error", () => this.#end("the stream failed"));
  }

  get hasResponded(): boolean {
    return this.#deps.machine.hasResponded;
  }

  /** For client status. */
  get standing(): ClientStanding | undefined {
    return this.#deps.machine.standing;
  }

  /** Ends the stream from our side. */
  close(status: StreamStatus): void {
    if (this.#ended) return;
    this.#end(status.details);
    const { call, clock } = this.#deps;
    if (status.code === STATUS.ok) call.end();
    else call.emit("error", Object.assign(new Error(status.details), status));
    if (this.#bufferedBytes > 0) clock.schedule(CLOSING_MS, () => this.#destroyIfUnread());
  }

  #received(bytes: Buffer): void {
    if (this.#ended) return;
    this.#countRequest();
    const request = this.#read(bytes);
    if (request === undefined) return;
    this.#askForRoom();
    this.#run(this.#deps.machine.request(request));
  }

  /** What there is to say is heard and seen at any time, and said when there is room for it. */
  #askForRoom(): void {
    if (this.#held || this.#place.may()) return;
    this.#held = true;
    this.#run(this.#deps.machine.writable(false));
  }

  go(): void {
    this.#held = false;
    if (!this.#ended && !this.#paused) this.#run(this.#deps.machine.writable(true));
  }

  evict(): void {
    this.close({ code: STATUS.resourceExhausted, details: "what this client does not read keeps others waiting" });
    this.#destroyIfUnread();
  }

  /** A client that asks faster than this is read more slowly, not refused: what it asks for it still gets. */
  #countRequest(): void {
    const { clock, limits, call, onLimit } = this.#deps;
    const nowMs = clock.nowMs();
    if (nowMs - this.#windowMs >= WINDOW_MS) {
      this.#windowMs = nowMs;
      this.#requests = 0;
    }
    this.#requests += 1;
    if (this.#requests < limits.requestsPerSecond || this.#resumption !== undefined) return;
    onLimit("requestsPerSecond");
    call.pause();
    this.#resumption = clock.schedule(this.#windowMs + WINDOW_MS - nowMs, () => {
      this.#resumption = undefined;
      call.resume();
    });
  }

  /** One that ends before its first response looks like a failure to a gRPC client (xDS rule R33): it is given more time. */
  #grownOld(): void {
    const { clock, machine } = this.#deps;
    if (machine.hasResponded) this.close({ code: STATUS.ok, details: "this stream has reached its age: open another one" });
    else this.#age = clock.schedule(GROWN_OLD_AGAIN_MS, () => this.#grownOld());
  }

  #read(bytes: Buffer): StreamRequest | undefined {
    const { limits, variant } = this.#deps;
    try {
      if (variant === "sotw") return readSotwRequest(decode("envoy.service.discovery.v3.DiscoveryRequest", bytes), limits);
      return readDeltaRequest(decode("envoy.service.discovery.v3.DeltaDiscoveryRequest", bytes), limits);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.close({ code: STATUS.invalidArgument, details: error.message });
      return undefined;
    }
  }

  #run(steps: readonly Step[]): void {
    for (const step of steps) {
      if (this.#ended) return;
      if (step.kind === "watch") this.#startWatching(step.node);
      else if (step.kind === "send") this.#write(step.bytes);
      else this.close(step.status);
    }
    this.#scheduleDue();
  }

  /** One timer per stream, and only while something waits; it looks again when it ends. */
  #scheduleDue(): void {
    const { clock, machine } = this.#deps;
    const { dueMs } = machine;
    if (dueMs === undefined || this.#ended || (this.#due !== undefined && this.#dueMs <= dueMs)) return;
    this.#due?.cancel();
    this.#dueMs = dueMs;
    this.#due = clock.schedule(Math.max(1, dueMs - clock.nowMs()), () => {
      this.#due = undefined;
      this.#run(machine.tick());
    });
  }

  #startWatching(node: XdsNode): void {
    const { call, viewOf, machine } = this.#deps;
    // Headers now, not with the first response: a client that lacks nothing still learns that it is served. Nor before:
    // one that is refused shall not take itself for connected.
    call.sendMetadata(new Metadata());
    const watch = viewOf(node).watch((sets) => {
      this.#askForRoom();
      this.#run(machine.view(sets));
    });
    // The first view is answered before `watch` returns, and that may have ended the stream.
    if (this.#ended) void watch.close();
    else this.#watch = watch;
  }

  #write(bytes: Buffer): void {
    const { call, limits, machine, onLimit } = this.#deps;
    this.#holds(this.#bufferedBytes + bytes.length);
    call.write(bytes, () => this.#written(bytes.length));
    if (this.#bufferedBytes > limits.bufferBytes) {
      onLimit("bufferBytes");
      this.close({ code: STATUS.resourceExhausted, details: `more than ${limits.bufferBytes} bytes wait to be read by this client` });
    } else if (!this.#paused && this.#bufferedBytes > limits.pauseBytes) {
      this.#paused = true;
      this.#run(machine.writable(false));
    }
  }

  #written(bytes: number): void {
    this.#holds(this.#bufferedBytes - bytes);
    if (this.#ended || !this.#paused || this.#bufferedBytes > this.#deps.limits.pauseBytes) return;
    this.#paused = false;
    if (!this.#held) this.#run(this.#deps.machine.writable(true));
  }

  #holds(bytes: number): void {
    this.#bufferedBytes = bytes;
    this.#place.holds(bytes);
  }

  #firstRequestIsDue(): void {
    const steps = this.#deps.machine.tick();
    if (steps.length > 0) this.#deps.onLimit("firstRequestMs");
    this.#run(steps);
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#firstRequest.cancel();
    this.#due?.cancel();
    this.#age.cancel();
    this.#resumption?.cancel();
    this.#place.leave();
    void this.#watch?.close();
    this.#deps.machine.ended(reason);
    this.#deps.onEnded();
  }

  #destroyIfUnread(): void {
    if (this.#bufferedBytes > 0 && !this.#deps.call.destroyed) this.#deps.destroyConnection();
  }
}
