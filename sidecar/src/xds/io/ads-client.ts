import { type DeltaDiscoveryRequest, type DeltaDiscoveryResponse__Output, services } from "@fairlead/proto";
import {
  type BackoffRange,
  Cell,
  type ClientTlsSettings,
  type Clock,
  type Closable,
  fullJitterMs,
  type Log,
  type Rng,
  splitHostPort,
  type Timer,
  type Watchable,
} from "@fairlead/shared";
import { Client, type ClientDuplexStream, connectivityState } from "@grpc/grpc-js";
import type { ClientProtocol } from "../client-protocol.js";
import type { Connection } from "../connection.js";
import { tlsCause } from "../connection-cause.js";
import { PLAIN, readSecured, type Secured } from "./channel-credentials.js";

const METHOD = services.aggregated.DeltaAggregatedResources;

/** A fleet that lost its control plane comes back spread over the window, and a lone restart is noticed within a second. */
const BACKOFF: BackoffRange = { firstMs: 1_000, maxMs: 30_000 };
/** TCP and HTTP/2 to a living server take a few round trips; a black hole would take minutes to say so itself. */
const CONNECT_TIMEOUT_MS = 5_000;
/**
 * A server that has nothing to say is silent by right (delta, everything known), so an open stream counts as connected
 * after this; one that refuses does so within a round trip.
 */
const QUIET_MS = 1_000;
/** A stream that lasted longer than the longest backoff, even silently, was no failure. */
const PROVEN_MS = BACKOFF.maxMs;

const CHANNEL_OPTIONS = {
  // The environment of an application is not ours to be routed by: a proxy for its web traffic is not on this path.
  "grpc.enable_http_proxy": 0,
  // A control plane behind a cut that drops packets is noticed within 15 s.
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 5_000,
  // 10,000 endpoints are about 1 MB; more than this is refused by the transport instead of filling memory.
  "grpc.max_receive_message_length": 16 * 1_024 * 1_024,
  // No TXT look-ups, no retries by the library, no connection shared between attempts: what happens is what is here.
  "grpc.service_config_disable_resolution": 1,
  "grpc.enable_retries": 0,
  "grpc.use_local_subchannel_pool": 1,
} as const;

export interface AdsClientOptions {
  /** `ip:port`, tried in order, then round again. Names are not resolved. */
  readonly addresses: readonly string[];
  /** Absolute paths, read at every connection; without them connections are plain. */
  readonly tls?: ClientTlsSettings;
  readonly protocol: Pick<ClientProtocol, "open" | "receive">;
  /** Begins what shall share a connection with the stream, once it is connected; closed before the connection is. */
  readonly beside?: (client: Client) => Beside;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Log;
}

/** `finish` says what is still to be said, within bounds; `close` ends it as it is. */
export interface Beside extends Closable {
  finish(): Promise<void>;
}

export interface AdsClient extends Closable {
  readonly connection: Watchable<Connection>;
  /** Ends the stream, what is beside it and the connection; of the stream nothing is called back from now on. */
  close(): void | Promise<void>;
}

type AdsStream = ClientDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse__Output>;

/** Keeps one ADS stream open to one of the control planes for as long as it lives. The first attempt starts at once. */
export function startAdsClient(options: AdsClientOptions): AdsClient {
  const shell = new AdsShell(options);
  shell.start();
  return shell;
}

class AdsShell implements AdsClient {
  readonly connection: Cell<Connection>;
  readonly #options: AdsClientOptions;
  #turn = 0;
  /** Attempts in a row that came to nothing. */
  #failures = 0;
  #wasConnected = false;
  #attempt: Attempt | undefined;
  #retry: Timer | undefined;
  #closed = false;

  constructor(options: AdsClientOptions) {
    if (options.addresses.length === 0) throw new Error("an ADS client needs an address");
    this.#options = options;
    this.connection = new Cell<Connection>({ kind: "connecting", address: this.#address(), sinceMs: options.clock.wallMs() });
  }

  start(): void {
    const { tls } = this.#options;
    const address = this.#address();
    if (tls === undefined) this.#connect(address, PLAIN);
    else void this.#connectSecured(address, tls);
  }

  async #connectSecured(address: string, tls: ClientTlsSettings): Promise<void> {
    const secured = await readSecured(tls, hostOf(address));
    if (this.#closed) return;
    if (secured.ok) this.#connect(address, secured.value);
    else this.#onLost(address, secured.error);
  }

  #connect(address: string, secured: Secured): void {
    this.#attempt = new Attempt({ address, secured }, this.#options, {
      connected: () => this.#onConnected(address),
      proven: () => {
        this.#failures = 0;
      },
      lost: (cause) => this.#onLost(address, secured === PLAIN ? cause : tlsCause(cause)),
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    await this.#attempt?.finish();
  }

  #onConnected(address: string): void {
    this.#wasConnected = true;
    this.connection.set({ kind: "connected", address, sinceMs: this.#options.clock.wallMs() });
    this.#options.log.info("control-plane-connected", { address });
  }

  #onLost(address: string, cause: string): void {
    if (this.#closed) return;
    const { clock, rng, log } = this.#options;
    const before = this.connection.value;
    const sinceMs = before.kind === "disconnected" ? before.sinceMs : clock.wallMs();
    const delayMs = fullJitterMs(this.#failures, BACKOFF, rng);
    this.#failures++;
    this.connection.set({ kind: "disconnected", sinceMs, cause, failures: this.#failures, wasConnected: this.#wasConnected });
    // The first loss is news, what follows is the same outage.
    const level = before.kind === "disconnected" ? "debug" : "warn";
    log[level]("control-plane-lost", { address, cause, retryInMs: Math.round(delayMs) });
    this.#turn++;
    this.#retry = clock.schedule(delayMs, () => this.start());
  }

  #address(): string {
    return this.#options.addresses[this.#turn % this.#options.addresses.length] ?? "";
  }
}

interface AttemptEvents {
  /** The stream is open and the server has not refused it. At most once. */
  connected(): void;
  /** The server answered, or the stream has lasted. */
  proven(): void;
  /** It is over. At most once, and nothing after it. */
  lost(cause: string): void;
}

/** One connection and the one stream on it. */
class Attempt {
  readonly #client: Client;
  readonly #options: AdsClientOptions;
  readonly #events: AttemptEvents;
  /** Four at most. */
  readonly #timers: Timer[] = [];
  readonly #stream: AdsStream;
  #beside: Beside | undefined;
  #isConnected = false;
  #isOver = false;

  constructor(where: { readonly address: string; readonly secured: Secured }, options: AdsClientOptions, events: AttemptEvents) {
    this.#options = options;
    this.#events = events;
    const { address, secured } = where;
    this.#client = new Client(targetOf(address), secured.credentials, { ...CHANNEL_OPTIONS, ...secured.options });
    const stream: AdsStream = this.#client.makeBidiStreamRequest(METHOD.path, METHOD.requestSerialize, METHOD.responseDeserialize);
    this.#stream = stream;
    stream.on("metadata", () => this.#connected());
    stream.on("data", (response: DeltaDiscoveryResponse__Output) => this.#answer(response));
    // Every error is also a status, which comes last; without a listener it would be thrown.
    stream.on("error", () => undefined);
    stream.on("status", (status) => this.#lose(status.code === 0 ? "ended by the control plane" : status.details));
    for (const request of options.protocol.open()) stream.write(request);
    this.#after(CONNECT_TIMEOUT_MS, () => {
      if (!this.#isReady()) this.#lose(`no connection within ${CONNECT_TIMEOUT_MS} ms`);
    });
    this.#awaitReady();
  }

  end(): void {
    this.#isOver = true;
    for (const timer of this.#timers) timer.cancel();
    void this.#beside?.close();
    this.#stream.cancel();
    this.#client.close();
  }

  /** Like `end`, once what is beside the stream has said its last. */
  async finish(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers) timer.cancel();
    this.#stream.cancel();
    await this.#beside?.finish();
    this.#client.close();
  }

  #awaitReady(): void {
    if (this.#isOver) return;
    if (this.#isReady()) {
      this.#after(QUIET_MS, () => this.#connected());
      this.#after(PROVEN_MS, () => this.#events.proven());
      return;
    }
    const channel = this.#client.getChannel();
    channel.watchConnectivityState(channel.getConnectivityState(false), Number.POSITIVE_INFINITY, () => this.#awaitReady());
  }

  #isReady(): boolean {
    return this.#client.getChannel().getConnectivityState(false) === connectivityState.READY;
  }

  #after(delayMs: number, task: () => void): void {
    this.#timers.push(this.#options.clock.schedule(delayMs, task));
  }

  #answer(response: DeltaDiscoveryResponse__Output): void {
    if (this.#isOver) return;
    this.#connected();
    this.#events.proven();
    this.#stream.write(this.#options.protocol.receive(response));
  }

  #connected(): void {
    if (this.#isConnected || this.#isOver) return;
    this.#isConnected = true;
    this.#beside = this.#options.beside?.(this.#client);
    this.#events.connected();
  }

  #lose(cause: string): void {
    if (this.#isOver) return;
    this.end();
    this.#events.lost(cause);
  }
}

function hostOf(address: string): string {
  const split = splitHostPort(address);
  return split.ok ? split.value.host : address;
}

/** The scheme says that this is an address: without it grpc-js would ask DNS. */
function targetOf(address: string): string {
  return `${address.startsWith("[") ? "ipv6" : "ipv4"}:${address}`;
}
