// Clients on bare sockets: cheap, so that what is measured is the proxy.

import { connect, type OnReadOpts, type Socket } from "node:net";
import { HOST } from "./lane.js";
import { BLOCK, PatternReader } from "./pattern.js";
import { REPLY_BODY } from "./replies.js";

const REQUEST = Buffer.from(`GET /paced HTTP/1.1\r\nHost: ${HOST}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n`);
const HANDSHAKE = Buffer.from(
  `GET /echo HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
);
const HEAD_END = Buffer.from("\r\n\r\n");

/** What came back, or why something else did. */
export interface ClientEvents {
  onAnswer(client: Client): void;
  onFault(fault: string): void;
}

/** A connection with one thing under way at a time. */
export interface Client {
  /** When what is under way was to be sent; 0 while nothing is. */
  dueMs: number;
  send(): void;
  end(): void;
}

function opened(port: number, events: Pick<ClientEvents, "onFault">, onread?: OnReadOpts): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true, ...(onread === undefined ? {} : { onread }) });
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
    socket.on("error", (error) => events.onFault(error.message));
    socket.on("end", () => events.onFault("a connection was closed"));
  });
}

/** Asks for the reply, and holds that it is the reply. */
export class RequestClient implements Client {
  dueMs = 0;
  readonly #socket: Socket;
  readonly #events: ClientEvents;
  #received: Buffer[] = [];
  #length = 0;
  #whole = Number.POSITIVE_INFINITY;

  constructor(socket: Socket, events: ClientEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on("data", (bytes) => this.#take(bytes));
  }

  static async open(port: number, events: ClientEvents): Promise<RequestClient> {
    return new RequestClient(await opened(port, events), events);
  }

  send(): void {
    this.#socket.write(REQUEST);
  }

  end(): void {
    this.#socket.removeAllListeners("end").destroy();
  }

  #take(bytes: Buffer): void {
    this.#received.push(bytes);
    this.#length += bytes.length;
    if (this.#whole === Number.POSITIVE_INFINITY) {
      const head = Buffer.concat(this.#received).indexOf(HEAD_END);
      if (head >= 0) this.#whole = head + HEAD_END.length + REPLY_BODY.length;
    }
    if (this.#length < this.#whole) return;
    const all = Buffer.concat(this.#received);
    const isRight = this.#length === this.#whole && all.toString("latin1", 0, 12) === "HTTP/1.1 200" && this.#endsRight(all);
    this.#received = [];
    this.#length = 0;
    this.#whole = Number.POSITIVE_INFINITY;
    if (isRight) this.#events.onAnswer(this);
    else this.#events.onFault(`a wrong answer: ${all.toString("latin1", 0, 200)}`);
  }

  #endsRight(all: Buffer): boolean {
    return all.compare(REPLY_BODY, 0, REPLY_BODY.length, all.length - REPLY_BODY.length) === 0;
  }
}

/** 64 bytes there and back, a WebSocket frame: proxies do not look into it. */
export class EchoClient implements Client {
  dueMs = 0;
  readonly #socket: Socket;
  readonly #events: ClientEvents;
  readonly #message = Buffer.from([0x82, 58, ...Array.from({ length: 58 }, (_, index) => index)]);
  #received = 0;

  constructor(socket: Socket, events: ClientEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on("data", (bytes) => this.#take(bytes));
  }

  static async open(port: number, events: ClientEvents, over: "websocket" | "tcp"): Promise<EchoClient> {
    const socket = await opened(port, events);
    if (over === "websocket") await EchoClient.#switch(socket);
    return new EchoClient(socket, events);
  }

  static async #switch(socket: Socket): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      socket.write(HANDSHAKE);
      socket.once("close", () => reject(new Error("no handshake: the connection was closed")));
      socket.once("data", (bytes) => {
        if (bytes.toString("latin1", 0, 12) === "HTTP/1.1 101" && bytes.includes(HEAD_END)) resolve();
        else reject(new Error(`no handshake: ${bytes.toString("latin1", 0, 200)}`));
      });
    });
  }

  send(): void {
    this.#socket.write(this.#message);
  }

  end(): void {
    this.#socket.removeAllListeners("end").destroy();
  }

  #take(bytes: Buffer): void {
    const expected = this.#message.subarray(this.#received, this.#received + bytes.length);
    if (!bytes.equals(expected)) this.#events.onFault("something else came back");
    this.#received += bytes.length;
    if (this.#received < this.#message.length) return;
    this.#received = 0;
    this.#events.onAnswer(this);
  }
}

/** At once under way to an echo: more than the sockets in between hold, so that no side ever waits for the other. */
const UNDER_WAY_BYTES = 8 * 1_024 * 1_024;
const READ_BYTES = 64 * 1_024;

/** Takes what comes as fast as it comes, and holds that it is the pattern. */
export class BulkClient {
  received = 0;
  readonly #events: Pick<ClientEvents, "onFault">;
  readonly #pattern = new PatternReader();
  #socket: Socket | undefined;
  #sends = false;
  #sent = 0;

  private constructor(events: Pick<ClientEvents, "onFault">) {
    this.#events = events;
  }

  static async open(port: number, events: Pick<ClientEvents, "onFault">): Promise<BulkClient> {
    const client = new BulkClient(events);
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    const callback = (length: number) => {
      client.#take(buffer.subarray(0, length));
      return true;
    };
    client.#socket = await opened(port, events, { buffer, callback });
    return client;
  }

  /** @param from an `echo` gets the pattern, a `source` a sign to begin */
  begin(from: "source" | "echo"): void {
    this.#sends = from === "echo";
    if (this.#sends) this.#fill();
    else this.#socket?.write("!");
  }

  end(): void {
    this.#sends = false;
    this.#socket?.removeAllListeners("end").destroy();
  }

  #take(bytes: Buffer): void {
    this.received += bytes.length;
    if (!this.#pattern.take(bytes)) this.#events.onFault("other bytes than were sent, or in another order");
    if (this.#sends) this.#fill();
  }

  #fill(): void {
    for (; this.#sent - this.received < UNDER_WAY_BYTES; this.#sent += BLOCK.length) this.#socket?.write(BLOCK);
  }
}
