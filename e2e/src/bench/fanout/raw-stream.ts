// A delta ADS stream as bare as it can be, HTTP/2 frames written by hand: a client that costs a fraction of what the server does.

import { connect, type Socket } from "node:net";
import { encode, services } from "@fairlead/proto";
import { headOf } from "./delta-response.js";

const FRAME_HEAD = 9;
const GRPC_HEAD = 5;
const TYPE = { data: 0, headers: 1, settings: 4, ping: 6, goaway: 7, windowUpdate: 8 } as const;
const ACK = 1;
const END_HEADERS = 4;
const STREAM = 1;
/** Window updates are sent once this much was read: rarely enough not to count, early enough not to stall the server. */
const WINDOW_BYTES = 8 * 1024 * 1024;

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(FRAME_HEAD);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** RFC 7541 without its compression: indexed where the static table has the whole field, literal without indexing elsewhere. */
function requestHeaders(path: string): Buffer {
  return Buffer.concat([
    Buffer.from([0x83, 0x86]), // :method POST, :scheme http
    Buffer.from([0x04]),
    text(path),
    Buffer.from([0x01]),
    text("localhost"),
    Buffer.from([0x0f, 0x10]), // content-type
    text("application/grpc"),
    Buffer.from([0x00]),
    text("te"),
    text("trailers"),
  ]);
}

/** SETTINGS_INITIAL_WINDOW_SIZE (4) of two windows' worth, and the same for the connection. */
export const OPENING = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  frame(TYPE.settings, 0, 0, Buffer.concat([Buffer.from([0, 4]), uint32(2 * WINDOW_BYTES)])),
  frame(TYPE.windowUpdate, 0, 0, uint32(2 * WINDOW_BYTES)),
  frame(TYPE.headers, END_HEADERS, STREAM, requestHeaders(services.aggregated.DeltaAggregatedResources.path)),
]);

/** One gRPC message in a frame of its own. */
export function message(bytes: Buffer): Buffer {
  const head = Buffer.alloc(GRPC_HEAD);
  head.writeUInt32BE(bytes.length, 1);
  return frame(TYPE.data, 0, STREAM, Buffer.concat([head, bytes]));
}

/** What a stream does with a response. */
export type Manners = "acks" | "nacks" | "never-reads";

export interface RawSubscription {
  readonly typeUrl: string;
  readonly names: readonly string[];
  /** What it has from before, version by name. */
  readonly held: Readonly<Record<string, string>>;
}

export interface RawStreamOptions {
  readonly port: number;
  /** From where; any address and port by default. */
  readonly from?: { readonly localAddress: string; readonly localPort: number };
  readonly node: string;
  /** `node.cluster`: a bench's own clients, or those it wants to see get by beside them. */
  readonly cluster: string;
  readonly subscriptions: readonly RawSubscription[];
  readonly manners: Manners;
  /** The server's headers have come: it has read the first request, and serves this stream. */
  readonly onServed?: () => void;
  /** A whole response has come, and has been answered. */
  readonly onResponse: (response: Buffer, typeUrl: string) => void;
  readonly onClosed: () => void;
}

export class RawStream {
  readonly #options: RawStreamOptions;
  readonly #socket: Socket;
  #pending: Buffer | undefined;
  #message: Buffer[] = [];
  #messageBytes = 0;
  #unreported = 0;

  constructor(options: RawStreamOptions) {
    this.#options = options;
    const { port, from, node, cluster, subscriptions, manners } = options;
    this.#socket = connect({ host: "127.0.0.1", port, ...from, noDelay: true });
    const first = subscriptions.map(({ typeUrl, names, held }) =>
      message(
        encode("envoy.service.discovery.v3.DeltaDiscoveryRequest", {
          node: { id: node, cluster, user_agent_name: "fairlead" },
          type_url: typeUrl,
          resource_names_subscribe: [...names],
          initial_resource_versions: held,
        }),
      ),
    );
    this.#socket.write(Buffer.concat([OPENING, ...first]));
    if (manners === "never-reads") this.#socket.pause();
    else this.#socket.on("data", (bytes) => this.#read(bytes));
    this.#socket.on("error", () => this.#socket.destroy());
    this.#socket.on("close", () => options.onClosed());
  }

  get isConnected(): boolean {
    return this.#socket.readyState === "open";
  }

  /** Asks again for what it has subscribed to: every name is to be answered, whatever was sent before (xDS rule R14). */
  askAgain(): void {
    for (const { typeUrl, names } of this.#options.subscriptions) {
      const again = encode("envoy.service.discovery.v3.DeltaDiscoveryRequest", { type_url: typeUrl, resource_names_subscribe: [...names] });
      this.#socket.write(message(again));
    }
  }

  end(): void {
    this.#socket.destroy();
  }

  /** Off the socket, frame heads and all. */
  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  /** Whole frames; what is left waits for the next bytes. */
  #read(bytes: Buffer): void {
    const all = this.#pending === undefined ? bytes : Buffer.concat([this.#pending, bytes]);
    let at = 0;
    while (all.length - at >= FRAME_HEAD) {
      const length = all.readUIntBE(at, 3);
      if (all.length - at < FRAME_HEAD + length) break;
      this.#take(all[at + 3] ?? 0, all[at + 4] ?? 0, all.subarray(at + FRAME_HEAD, at + FRAME_HEAD + length));
      at += FRAME_HEAD + length;
    }
    this.#pending = at === all.length ? undefined : Buffer.from(all.subarray(at));
  }

  #take(type: number, flags: number, payload: Buffer): void {
    if (type === TYPE.settings && (flags & ACK) === 0) this.#socket.write(frame(TYPE.settings, ACK, 0, Buffer.alloc(0)));
    if (type === TYPE.ping && (flags & ACK) === 0) this.#socket.write(frame(TYPE.ping, ACK, 0, payload));
    if (type === TYPE.data) this.#takeData(payload);
    if (type === TYPE.headers) this.#options.onServed?.();
    if (type === TYPE.goaway) this.#socket.destroy();
  }

  #takeData(payload: Buffer): void {
    this.#unreported += payload.length;
    if (this.#unreported > WINDOW_BYTES) {
      const update = uint32(this.#unreported);
      this.#socket.write(Buffer.concat([frame(TYPE.windowUpdate, 0, 0, update), frame(TYPE.windowUpdate, 0, STREAM, update)]));
      this.#unreported = 0;
    }
    this.#message.push(Buffer.from(payload));
    this.#messageBytes += payload.length;
    if (this.#messageBytes < GRPC_HEAD) return;
    const whole = this.#message.length === 1 ? (this.#message[0] ?? payload) : Buffer.concat(this.#message);
    const end = GRPC_HEAD + whole.readUInt32BE(1);
    if (whole.length < end) {
      this.#message = [whole];
      return;
    }
    this.#message = [];
    this.#messageBytes = 0;
    this.#respond(whole.subarray(GRPC_HEAD, end));
  }

  #respond(response: Buffer): void {
    const { onResponse, manners } = this.#options;
    const { typeUrl, nonce } = headOf(response);
    const refusal = manners === "nacks" ? { error_detail: { code: 3, message: "this client refuses everything" } } : {};
    const answer = { type_url: typeUrl, response_nonce: nonce, ...refusal };
    this.#socket.write(message(encode("envoy.service.discovery.v3.DeltaDiscoveryRequest", answer)));
    onResponse(response, typeUrl);
  }
}
