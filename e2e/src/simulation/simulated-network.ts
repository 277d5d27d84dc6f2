import { type Clock, fail, ok, type Result, type Rng } from "@fairlead/shared";
import { OrderedPipe } from "./ordered-pipe.js";
import type { OpenStream, SimulatedXdsServer } from "./simulated-xds-server.js";

/** What a connection tells the client that made it. */
export interface ClientEvents {
  receive(bytes: Buffer): void;
  /** It is over. At most once, and nothing after it. */
  lost(cause: string): void;
}

/** The client's end of a connection with its one stream. */
export interface Connected {
  send(bytes: Buffer): void;
  close(): void;
}

/** Both ends ask for a sign of life; a connection that carries nothing any more is given up after this. */
const KEEPALIVE_MS = 15_000;

/** Between sidecars and control planes: who listens where, and every connection there is. */
export class SimulatedNetwork {
  readonly #deps: { readonly clock: Clock; readonly rng: Rng };
  readonly #servers = new Map<string, SimulatedXdsServer>();
  readonly #links = new Set<Link>();

  constructor(deps: { readonly clock: Clock; readonly rng: Rng }) {
    this.#deps = deps;
  }

  listen(address: string, server: SimulatedXdsServer): void {
    this.#servers.set(address, server);
  }

  /** Nobody listens there any more, and who was connected notices. */
  unlisten(address: string): void {
    this.#servers.delete(address);
    for (const link of [...this.#links]) if (link.address === address) link.cut("connection reset by peer");
  }

  connect(address: string, events: ClientEvents): Result<Connected> {
    const server = this.#servers.get(address);
    if (server === undefined) return fail("connection refused");
    const link = new Link(address, this.#deps, () => this.#links.delete(link));
    this.#links.add(link);
    link.join(server, events);
    return ok(link);
  }

  /** Every connection breaks, and both ends notice. */
  cutAll(): number {
    const links = [...this.#links];
    for (const link of links) link.cut("the connection was cut");
    return links.length;
  }

  /** Whether a connection is open that carries nothing. */
  get hasStalled(): boolean {
    return [...this.#links].some(({ isStalled }) => isStalled);
  }

  /** Every connection swallows what is sent on it, and the ends notice only by keepalive. */
  stallAll(): number {
    for (const link of this.#links) link.stall();
    return this.#links.size;
  }
}

class Link implements Connected {
  readonly address: string;
  isStalled = false;
  readonly #deps: { readonly clock: Clock; readonly rng: Rng };
  readonly #onOver: () => void;
  #toServer: OrderedPipe | undefined;
  #toClient: OrderedPipe | undefined;
  #stream: OpenStream | undefined;
  #events: ClientEvents | undefined;

  constructor(address: string, deps: { readonly clock: Clock; readonly rng: Rng }, onOver: () => void) {
    this.address = address;
    this.#deps = deps;
    this.#onOver = onOver;
  }

  join(server: SimulatedXdsServer, events: ClientEvents): void {
    this.#events = events;
    this.#toClient = new OrderedPipe(this.#deps, (bytes) => events.receive(bytes));
    this.#toServer = new OrderedPipe(this.#deps, (bytes) => this.#stream?.receive(bytes));
    const toClient = this.#toClient;
    this.#stream = server.open("10.1.0.1:50000", { send: (bytes) => toClient.send(bytes), ended: (details) => this.cut(details) });
  }

  send(bytes: Buffer): void {
    this.#toServer?.send(bytes);
  }

  close(): void {
    this.#over("the client cancelled the stream or its connection broke");
  }

  cut(cause: string): void {
    const events = this.#events;
    this.#over(cause);
    events?.lost(cause);
  }

  stall(): void {
    this.isStalled = true;
    this.#toServer?.close();
    this.#toClient?.close();
    this.#deps.clock.schedule(KEEPALIVE_MS, () => this.cut("no sign of life"));
  }

  #over(reason: string): void {
    this.#toServer?.close();
    this.#toClient?.close();
    this.#events = undefined;
    this.#stream?.end(reason);
    this.#onOver();
  }
}
