import { decode, encode } from "@fairlead/proto";
import { Cell, type Clock, fullJitterMs, type Rng, type Timer } from "@fairlead/shared";
import type { ClientProtocol, Connection } from "@fairlead/sidecar/xds";
import type { Connected, SimulatedNetwork } from "./simulated-network.js";
import type { SidecarWorld } from "./simulated-sidecar.js";

type AdsClient = ReturnType<SidecarWorld["connectAds"]>;

/** As the real shell: a second at first, half a minute at most; a silent stream counts as connected after a second. */
const BACKOFF = { firstMs: 1_000, maxMs: 30_000 };
const QUIET_MS = 1_000;

export interface SimulatedAdsClientDeps {
  readonly addresses: readonly string[];
  readonly protocol: ClientProtocol;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly network: SimulatedNetwork;
}

/** What gRPC's shell around the client's protocol is, without gRPC. */
export function simulatedAdsClient(deps: SimulatedAdsClientDeps): AdsClient {
  const client = new SimulatedAdsClient(deps);
  client.start();
  return client;
}

class SimulatedAdsClient implements AdsClient {
  readonly connection: Cell<Connection>;
  readonly #deps: SimulatedAdsClientDeps;
  #turn = 0;
  #failures = 0;
  #wasConnected = false;
  #link: Connected | undefined;
  #timer: Timer | undefined;

  constructor(deps: SimulatedAdsClientDeps) {
    this.#deps = deps;
    this.connection = new Cell<Connection>({ kind: "connecting", address: this.#address, sinceMs: deps.clock.wallMs() });
  }

  start(): void {
    const { network, protocol, clock } = this.#deps;
    const link = network.connect(this.#address, { receive: (bytes) => this.#answer(bytes), lost: (cause) => this.#lost(cause) });
    if (!link.ok) {
      this.#lost(link.error);
      return;
    }
    this.#link = link.value;
    for (const request of protocol.open()) this.#write(request);
    this.#timer = clock.schedule(QUIET_MS, () => this.#connected());
  }

  close(): void {
    this.#timer?.cancel();
    this.#link?.close();
    this.#link = undefined;
  }

  #answer(bytes: Buffer): void {
    if (this.#link === undefined) return;
    this.#connected();
    this.#failures = 0;
    this.#write(this.#deps.protocol.receive(decode("envoy.service.discovery.v3.DeltaDiscoveryResponse", bytes)));
  }

  #write(request: ReturnType<ClientProtocol["receive"]>): void {
    this.#link?.send(encode("envoy.service.discovery.v3.DeltaDiscoveryRequest", request));
  }

  #connected(): void {
    if (this.connection.value.kind === "connected") return;
    this.#wasConnected = true;
    this.connection.set({ kind: "connected", address: this.#address, sinceMs: this.#deps.clock.wallMs() });
  }

  #lost(cause: string): void {
    const { clock, rng } = this.#deps;
    this.#timer?.cancel();
    this.#link = undefined;
    const before = this.connection.value;
    const sinceMs = before.kind === "disconnected" ? before.sinceMs : clock.wallMs();
    const delayMs = fullJitterMs(this.#failures, BACKOFF, rng);
    this.#failures++;
    this.connection.set({ kind: "disconnected", sinceMs, cause, failures: this.#failures, wasConnected: this.#wasConnected });
    this.#turn++;
    this.#timer = clock.schedule(delayMs, () => this.start());
  }

  get #address(): string {
    return this.#deps.addresses[this.#turn % this.#deps.addresses.length] ?? "";
  }
}
