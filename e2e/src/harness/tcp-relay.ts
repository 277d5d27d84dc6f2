import { connect, createServer, type Server, type Socket } from "node:net";
import type { Fault } from "./fault.js";
import { RelayedConnection } from "./relayed-connection.js";

/** Where a relay listens and where it connects to, both on 127.0.0.1. */
export type RelayPorts = { readonly listen: number; readonly server: number };

/** What a relay reports: requests as they arrive, whatever the fault does with them. */
export type RelayWatch = {
  request(bytes: Buffer): void;
};

/** The TCP half of a fault proxy. */
export class TcpRelay {
  readonly #ports: RelayPorts;
  readonly #watch: () => RelayWatch;
  readonly #connections = new Set<RelayedConnection>();
  #listener: Server | undefined;
  #fault: Fault;
  #accepted = 0;

  /** The watch is made anew for each connection: it may have to remember half a message. */
  constructor(ports: RelayPorts, fault: Fault, watch: () => RelayWatch) {
    this.#ports = ports;
    this.#fault = fault;
    this.#watch = watch;
  }

  /** Connections accepted so far, and those whose client is still there. */
  get counts(): { readonly accepted: number; readonly open: number } {
    return { accepted: this.#accepted, open: this.#connections.size };
  }

  async set(fault: Fault): Promise<void> {
    this.#fault = fault;
    for (const connection of [...this.#connections]) connection.obey(fault);
    if (fault.kind === "refuse") await this.#stopListening();
    else await this.#listen();
  }

  /** Resets every open connection, both sides. */
  cut(): void {
    for (const connection of [...this.#connections]) connection.reset();
  }

  async stop(): Promise<void> {
    this.cut();
    await this.#stopListening();
  }

  #listen(): Promise<void> {
    if (this.#listener !== undefined) return Promise.resolve();
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
    this.#listener = listener;
    return new Promise((resolve, reject) => listener.once("error", reject).listen(this.#ports.listen, "127.0.0.1", resolve));
  }

  #stopListening(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    if (listener === undefined) return Promise.resolve();
    // Connections that were on their way in when it closed are no longer accepted: it ends when the last open one does.
    return new Promise((resolve) => listener.close(() => resolve()));
  }

  #accept(client: Socket): void {
    this.#accepted += 1;
    const server = (): Socket => connect({ port: this.#ports.server, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const connection = new RelayedConnection({ client, server, watch: this.#watch(), gone: () => this.#connections.delete(connection) });
    this.#connections.add(connection);
    connection.obey(this.#fault);
  }
}
