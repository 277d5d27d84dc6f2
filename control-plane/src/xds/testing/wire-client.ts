// A gRPC client of the real server, as bare as it gets: requests are written and responses read one by one.

import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  type StatusObject,
} from "@grpc/grpc-js";

export interface WireStream<Request, Response> {
  write(request: Request): void;
  /** The next response; rejects when the stream ends before one arrives. */
  next(): Promise<Response>;
  readonly status: Promise<Pick<StatusObject, "code" | "details">>;
  cancel(): void;
}

interface Method<Q, S> {
  readonly path: string;
  readonly requestSerialize: (message: Q) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => S;
}

export class WireClient {
  readonly #client: Client;

  constructor(port: number, secured: ChannelCredentials = credentials.createInsecure(), options: ChannelOptions = {}) {
    this.#client = new Client(`127.0.0.1:${port}`, secured, options);
  }

  open<Q, S>(method: Method<Q, S>): WireStream<Q, S> {
    return new Stream(this.#client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize));
  }

  /** One request, one response; rejects with the status. */
  ask<Q, S>(method: Method<Q, S>, request: Q): Promise<S> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest<Q, S>(method.path, method.requestSerialize, method.responseDeserialize, request, (error, answer) => {
        if (error !== null || answer === undefined) reject(error ?? new Error("no answer"));
        else resolve(answer);
      });
    });
  }

  /** One request, and every response to it until `cancel`. */
  listen<Q, S>(method: Method<Q, S>, request: Q): Omit<WireStream<Q, S>, "write"> {
    return new Stream(this.#client.makeServerStreamRequest(method.path, method.requestSerialize, method.responseDeserialize, request));
  }

  /** A stream on which anything can be said. */
  openRaw(method: { readonly path: string }): WireStream<Buffer, Buffer> {
    return this.open<Buffer, Buffer>({ path: method.path, requestSerialize: (bytes) => bytes, responseDeserialize: (bytes) => bytes });
  }

  close(): void {
    this.#client.close();
  }
}

class Stream<Q, S> implements WireStream<Q, S> {
  readonly status: Promise<Pick<StatusObject, "code" | "details">>;
  readonly #call: ClientDuplexStream<Q, S> | ClientReadableStream<S>;
  readonly #read: S[] = [];
  readonly #waiting: { readonly resolve: (response: S) => void; readonly reject: (error: Error) => void }[] = [];

  constructor(call: ClientDuplexStream<Q, S> | ClientReadableStream<S>) {
    this.#call = call;
    call.on("data", (response: S) => {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#read.push(response);
      else waiting.resolve(response);
    });
    // The status says the same.
    call.on("error", () => {});
    this.status = new Promise((resolve) => {
      call.on("status", (status) => {
        resolve({ code: status.code, details: status.details });
        for (const { reject } of this.#waiting) reject(new Error(`the stream ended: ${status.code} ${status.details}`));
      });
    });
  }

  write(request: Q): void {
    if ("write" in this.#call) this.#call.write(request);
  }

  next(): Promise<S> {
    const read = this.#read.shift();
    if (read !== undefined) return Promise.resolve(read);
    return new Promise((resolve, reject) => void this.#waiting.push({ resolve, reject }));
  }

  cancel(): void {
    this.#call.cancel();
  }
}
