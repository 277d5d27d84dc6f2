import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { DelayedQueue } from "./delayed-queue.js";
import { delayOf, type Fault, isBlocked } from "./fault.js";
import type { RelayPorts, RelayWatch } from "./tcp-relay.js";

/** Clients at one time (a DNS client takes a new port for each question); the one that was silent longest gives way. */
const maxClients = 2_000;

type Datagram = { readonly bytes: Buffer; readonly to: Socket; readonly port: number };

/** The UDP half of a fault proxy: a socket of its own towards the server for each of its clients. */
export class UdpRelay {
  readonly #ports: RelayPorts;
  readonly #watch: RelayWatch;
  readonly #queue = new DelayedQueue<Datagram>(({ bytes, to, port }) => send(to, bytes, port));
  /** By the client's port, least recently heard first. */
  readonly #clients = new Map<number, Socket>();
  #listener: Socket | undefined;
  #fault: Fault;

  constructor(ports: RelayPorts, fault: Fault, watch: RelayWatch) {
    this.#ports = ports;
    this.#fault = fault;
    this.#watch = watch;
  }

  async set(fault: Fault): Promise<void> {
    this.#fault = fault;
    if (fault.kind === "refuse") await this.stop();
    else await this.#listen();
  }

  async stop(): Promise<void> {
    this.#queue.clear();
    for (const socket of this.#clients.values()) socket.close();
    this.#clients.clear();
    const listener = this.#listener;
    this.#listener = undefined;
    if (listener !== undefined) await new Promise<void>((resolve) => listener.close(() => resolve()));
  }

  #listen(): Promise<void> {
    if (this.#listener !== undefined) return Promise.resolve();
    const listener = createSocket("udp4");
    this.#listener = listener;
    listener.on("message", (bytes, from) => this.#request(bytes, from));
    return new Promise((resolve, reject) => listener.once("error", reject).bind(this.#ports.listen, "127.0.0.1", resolve));
  }

  #request(bytes: Buffer, from: RemoteInfo): void {
    this.#watch.request(bytes);
    if (this.#fault.kind === "close" || isBlocked(this.#fault, "requests")) return;
    this.#queue.push({ bytes, to: this.#socketFor(from.port), port: this.#ports.server }, delayOf(this.#fault));
  }

  #socketFor(client: number): Socket {
    const socket = this.#clients.get(client) ?? this.#open(client);
    this.#clients.delete(client);
    this.#clients.set(client, socket);
    return socket;
  }

  #open(client: number): Socket {
    const [oldest] = this.#clients;
    if (oldest !== undefined && this.#clients.size >= maxClients) {
      this.#clients.delete(oldest[0]);
      oldest[1].close();
    }
    const socket = createSocket("udp4");
    socket.on("message", (bytes) => this.#answer(bytes, client));
    socket.on("error", () => undefined); // nothing listens there: the client waits in vain, as it would without us
    return socket;
  }

  #answer(bytes: Buffer, client: number): void {
    const listener = this.#listener;
    if (listener === undefined || this.#fault.kind === "close" || isBlocked(this.#fault, "answers")) return;
    const instead = changed(this.#fault, bytes);
    if (instead !== undefined) this.#queue.push({ bytes: instead, to: listener, port: client }, delayOf(this.#fault));
  }
}

function changed(fault: Fault, bytes: Buffer): Buffer | undefined {
  if (fault.kind === "dns") return fault.change(bytes, "udp");
  return fault.kind === "cut" ? bytes.subarray(0, fault.afterBytes) : bytes;
}

/** The sender may have been closed while the datagram waited. */
function send(to: Socket, bytes: Buffer, port: number): void {
  try {
    to.send(bytes, port, "127.0.0.1", () => undefined);
  } catch {
    // as lost as any datagram
  }
}
