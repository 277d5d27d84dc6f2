// A fleet of sidecars as raw streams, each on a connection of its own. Each remembers what it was given, as a sidecar does.

import { versionsOf } from "./delta-response.js";
import type { FleetOrder, FleetReport } from "./fleet-protocol.js";
import { monotonicMs } from "./monotonic.js";
import { RawStream } from "./raw-stream.js";

/**
 * One address of this machine has some 28,000 ports to give, and the kernel takes milliseconds to find one among thousands (bind(2) with
 * port 0): clients have ports of their own, below those it gives, and other addresses whenever they come back.
 */
const CLIENTS_PER_ADDRESS = 8_192;
const FIRST_PORT = 10_000;
const RETRY_AFTER_MS = 50;

type Fleet = Extract<FleetOrder, { kind: "connect" }>;

interface Client {
  readonly index: number;
  /** By type URL, then by name. */
  readonly held: Map<string, Map<string, string>>;
  stream: RawStream | undefined;
  /** Since the last connect or reconnect. */
  attempts: number;
  isServed: boolean;
  /** Responses that have come of what is expected. */
  hasReceived: boolean;
}

export class RawFleet {
  readonly #report: (report: FleetReport) => void;
  readonly #fleet: Fleet;
  readonly #clients: readonly Client[];
  #generation = 0;
  #startedAtMs = 0;
  #cutAtMs = 0;
  #connectedAtMs = 0;
  #served = 0;
  #syncing = 0;
  #received = 0;
  #resent = 0;
  #retries = 0;
  #expected: string | undefined;
  #receivedAtMs: number[] = [];
  #ended = false;

  constructor(fleet: Fleet, report: (report: FleetReport) => void) {
    this.#fleet = fleet;
    this.#report = report;
    this.#clients = Array.from({ length: fleet.streams }, (_, index) => newClient(index));
  }

  /** Everybody at once, with nothing in hand. */
  connect(): void {
    this.#startedAtMs = monotonicMs();
    this.#syncing = this.#clients.length * this.#fleet.types.length;
    for (const client of this.#clients) this.#open(client);
  }

  /** Everybody at once, with what it has. */
  reconnect(): void {
    this.#cutAtMs = monotonicMs();
    [this.#served, this.#received, this.#resent, this.#retries] = [0, 0, 0, 0];
    this.#generation += 1;
    for (const client of this.#clients) {
      [client.isServed, client.attempts] = [false, 0];
      const { stream } = client;
      client.stream = undefined;
      stream?.end();
    }
    for (const client of this.#clients) this.#open(client);
    this.#connectedAtMs = monotonicMs();
  }

  /** How many connections the server's kernel has taken. */
  get connected(): number {
    return this.#clients.filter(({ stream }) => stream?.isConnected).length;
  }

  expect(typeUrl: string): void {
    this.#expected = typeUrl;
    this.#receivedAtMs = [];
    for (const client of this.#clients) client.hasReceived = false;
  }

  get counts(): { readonly received: number; readonly resent: number; readonly retries: number } {
    return { received: this.#received, resent: this.#resent, retries: this.#retries };
  }

  end(): void {
    this.#ended = true;
    for (const { stream } of this.#clients) stream?.end();
  }

  #open(client: Client): void {
    const { port, types, names } = this.#fleet;
    const stream = new RawStream({
      port,
      from: this.#placeOf(client),
      node: `node-${client.index}`,
      cluster: "bench",
      subscriptions: types.map((typeUrl) => ({ typeUrl, names, held: Object.fromEntries(client.held.get(typeUrl) ?? []) })),
      manners: "acks",
      onServed: () => this.#isServed(client),
      onResponse: (response, typeUrl) => this.#take(client, response, typeUrl),
      onClosed: () => this.#closed(client, stream),
    });
    client.stream = stream;
  }

  #placeOf(client: Client): { readonly localAddress: string; readonly localPort: number } {
    const row = Math.floor(client.index / CLIENTS_PER_ADDRESS);
    // Somebody may listen on a port of every address: the next attempt is another one.
    const localPort = FIRST_PORT + (client.index % CLIENTS_PER_ADDRESS) + (client.attempts++ % 2) * CLIENTS_PER_ADDRESS;
    return { localAddress: `127.${1 + (this.#generation % 100)}.${1 + row}.1`, localPort };
  }

  #isServed(client: Client): void {
    if (client.isServed) return;
    client.isServed = true;
    this.#served += 1;
    if (this.#cutAtMs === 0 || this.#served < this.#clients.length) return;
    this.#report({ kind: "served", cutAtMs: this.#cutAtMs, connectedAtMs: this.#connectedAtMs, atMs: monotonicMs() });
  }

  #take(client: Client, response: Buffer, typeUrl: string): void {
    const held = client.held.get(typeUrl) ?? new Map<string, string>();
    client.held.set(typeUrl, held);
    const isFirst = held.size === 0;
    for (const [name, version] of versionsOf(response)) {
      this.#received += 1;
      if (held.get(name) === version) this.#resent += 1;
      held.set(name, version);
    }
    if (isFirst) this.#synced();
    if (typeUrl === this.#expected && !client.hasReceived) this.#noteExpected(client);
  }

  #synced(): void {
    this.#syncing -= 1;
    if (this.#syncing === 0) this.#report({ kind: "synced", tookMs: monotonicMs() - this.#startedAtMs, resources: this.#received });
  }

  #noteExpected(client: Client): void {
    client.hasReceived = true;
    this.#receivedAtMs.push(monotonicMs());
    if (this.#receivedAtMs.length === this.#clients.length) this.#report({ kind: "received", atMs: this.#receivedAtMs });
  }

  /** A sidecar that was refused, or reset, tries again. One that was served waits for the bench to say so. */
  #closed(client: Client, stream: RawStream): void {
    if (this.#ended || client.isServed || client.stream !== stream) return;
    this.#retries += 1;
    setTimeout(() => {
      if (!this.#ended && client.stream === stream) this.#open(client);
    }, RETRY_AFTER_MS);
  }
}

function newClient(index: number): Client {
  return { index, held: new Map(), stream: undefined, attempts: 0, isServed: false, hasReceived: false };
}
