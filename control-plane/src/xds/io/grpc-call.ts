// One gRPC call as a server sees it, on a stream of node:http2.

import { constants, type ServerHttp2Stream } from "node:http2";
import type { Clock, Timer } from "@fairlead/shared";
import { trailersOf } from "../grpc/call-status.js";
import { MessageReader } from "../grpc/message-reader.js";
import { STATUS, type StreamStatus } from "../stream-machine.js";
import type { Peer } from "./connections.js";

/** What a service does with one call. Nothing is heard after `gone`, nor after the service has closed the call. */
export interface CallReceiver {
  message(bytes: Buffer): void;
  /** The client has sent its last message. */
  halfClosed(): void;
  /** Everything written has left for the network, after `write` had answered false. */
  drained(): void;
  /** The call has ended, and not because the service closed it. */
  gone(reason: string): void;
}

/** Gives whoever receives the messages of a call; undefined where it has closed it at once. */
export type Service = (call: GrpcCall) => CallReceiver | undefined;

const RESPONSE_HEADERS = { ":status": 200, "content-type": "application/grpc" };
const WITH_TRAILERS = { waitForTrailers: true };
const WITHOUT_BODY = { endStream: true };

const ignore = () => undefined;

export class GrpcCall {
  readonly peer: Peer;
  readonly #stream: ServerHttp2Stream;
  readonly #reader: MessageReader;
  #receiver: CallReceiver | undefined;
  #deadline: Timer | undefined;
  #opened = false;
  #paused = false;
  #inputEnded = false;
  #ended = false;

  constructor(stream: ServerHttp2Stream, peer: Peer, messageBytes: number) {
    this.#stream = stream;
    this.peer = peer;
    this.#reader = new MessageReader(messageBytes);
    // The end of the stream, which follows, says as much as we can use.
    stream.on("error", ignore);
  }

  /** Bytes written that have not left for the network. */
  get waitingBytes(): number {
    return this.#stream.writableLength;
  }

  /** Whether the service has closed the call, or it has failed: not whether the client has gone. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Tells the client to open nothing more on this connection (GOAWAY), which ends with its last stream. */
  drainConnection(): void {
    this.#stream.session?.close();
  }

  /** Gives the call to a service. */
  serve(service: Service): void {
    this.#receiver = service(this);
    if (this.#receiver === undefined) return;
    const stream = this.#stream;
    stream.on("data", (bytes: Buffer) => this.#received(bytes));
    stream.on("end", () => this.#inputHasEnded());
    stream.on("drain", () => this.#drained());
    stream.on("close", () => this.#gone("the client cancelled the stream or its connection broke"));
  }

  /** Ends the call with DEADLINE_EXCEEDED unless it has ended by then: the client has given it up. */
  endAfter(timeoutMs: number, clock: Clock): void {
    if (this.#ended) return;
    this.#deadline = clock.schedule(timeoutMs, () => this.#fail({ code: STATUS.deadlineExceeded, details: "Deadline exceeded" }));
  }

  /** Sends the response's headers, unless they are sent. `write` does so too. */
  open(): void {
    const stream = this.#stream;
    if (this.#opened || stream.destroyed || stream.closed) return;
    this.#opened = true;
    stream.respond(RESPONSE_HEADERS, WITH_TRAILERS);
  }

  /** Takes a message with its head (`framed`), which may be shared with other calls. False where the client is slow: `drained` follows. */
  write(frame: Buffer): boolean {
    if (this.#ended) return true;
    if (!this.#opened) this.open();
    return this.#stream.write(frame);
  }

  /** No message is heard until `resume`; what the client sends meanwhile fills its window and waits there. */
  pause(): void {
    this.#paused = true;
    this.#stream.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#ended) return;
    this.#stream.resume();
    this.#deliver();
  }

  /** Ends the call. What was written before still goes out. */
  close(status: StreamStatus, headers: Readonly<Record<string, string>> = {}): void {
    if (this.#ended) return;
    this.#end();
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    if (this.#opened) {
      stream.on("wantTrailers", () => {
        stream.sendTrailers(trailersOf(status));
        setImmediate(release, stream);
      });
      stream.end();
    } else {
      stream.respond({ ...RESPONSE_HEADERS, ...headers, ...trailersOf(status) }, WITHOUT_BODY);
      setImmediate(release, stream);
    }
    // What else it sends is let pass.
    stream.resume();
  }

  #received(bytes: Buffer): void {
    if (this.#ended) return;
    this.#reader.push(bytes);
    this.#deliver();
  }

  #inputHasEnded(): void {
    this.#inputEnded = true;
    this.#deliver();
  }

  #deliver(): void {
    while (!this.#paused && !this.#ended) {
      const message = this.#reader.next();
      if (message === undefined) break;
      if (message.ok) this.#receiver?.message(message.value);
      else this.#fail(message.error);
    }
    if (this.#inputEnded && !this.#paused && !this.#ended) this.#receiver?.halfClosed();
  }

  #drained(): void {
    if (!this.#ended) this.#receiver?.drained();
  }

  #fail(status: StreamStatus): void {
    this.close(status);
    this.#receiver?.gone(status.details);
  }

  #gone(reason: string): void {
    if (this.#ended) return;
    this.#end();
    this.#receiver?.gone(reason);
  }

  #end(): void {
    this.#ended = true;
    this.#deadline?.cancel();
  }
}

/** Of a client that leaves its own side open after the end (RFC 9113 8.1), the stream would count for ever. */
function release(stream: ServerHttp2Stream): void {
  if (!stream.destroyed && !stream.closed) stream.close(constants.NGHTTP2_NO_ERROR);
}
