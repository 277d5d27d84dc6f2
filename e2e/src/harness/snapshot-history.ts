import { type DeltaDiscoveryRequest, type DeltaDiscoveryResponse__Output, decode, RESOURCE_TYPES, services } from "@fairlead/proto";
import { endpointId } from "@fairlead/shared";
import { Client, type ClientDuplexStream, credentials } from "@grpc/grpc-js";
import { type SnapshotStep, stepsText } from "./snapshot-step.js";
import { stopLater, stoppedAlready } from "./teardown.js";
import { until } from "./until.js";

/** Everything a control plane has published about one service, as a client of it was told, from the start to now. */
export type SnapshotHistory = {
  /** Every response, oldest first. A control plane that restarts says everything again. */
  steps(): readonly SnapshotStep[];
  /** The steps that say something else than the one before them, in addresses or their health. */
  changes(): readonly SnapshotStep[];
  /** The newest step. Throws when there is none. */
  now(): SnapshotStep;
  /** What follows is asserted from now on only; steps() and changes() as well. The step in force counts as the first. */
  forget(): void;
  /** Throws unless every step lists at least so many endpoints that a client would send to. */
  neverBelow(count: number): void;
  /** Throws unless these were listed in every step, healthy or not. */
  neverLost(...addresses: readonly string[]): void;
  /** Throws if a step lists one of these. */
  neverListed(...addresses: readonly string[]): void;
  /** Throws if a client was told of a change. */
  neverChanged(): void;
  stop(): void;
};

const METHOD = services.aggregated.DeltaAggregatedResources;
type Stream = ClientDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse__Output>;

/** A scenario publishes a few hundred steps; the history of a hot loop is long enough here to be seen. */
const keptSteps = 20_000;
const reconnectMs = 50;

/** Follows a service over a stream of its own and waits for the first step. It goes on when the control plane restarts. */
export async function startSnapshotHistory(controlPlane: { readonly xdsAddress: string }, service: string): Promise<SnapshotHistory> {
  const recorder = new Recorder(controlPlane.xdsAddress, service);
  stopLater(recorder);
  await until(`the first assignment of ${service}`, () => recorder.steps().length > 0);
  return recorder;
}

class Recorder implements SnapshotHistory {
  readonly name: string;
  readonly #address: string;
  readonly #service: string;
  #steps: SnapshotStep[] = [];
  #client: Client | undefined;
  #stream: Stream | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(address: string, service: string) {
    this.name = `history of ${service}`;
    this.#address = address;
    this.#service = service;
    this.#connect();
  }

  steps(): readonly SnapshotStep[] {
    return [...this.#steps];
  }

  changes(): readonly SnapshotStep[] {
    return this.#steps.filter((step, at) => at > 0 && contentOf(step) !== contentOf(this.#steps[at - 1]));
  }

  now(): SnapshotStep {
    const last = this.#steps.at(-1);
    if (last === undefined) throw new Error(`nothing has been published about ${this.#service}`);
    return last;
  }

  forget(): void {
    this.#steps = this.#steps.slice(-1);
  }

  neverBelow(count: number): void {
    this.#each(`fewer than ${count} usable endpoints`, (step) => step.usable.length >= count);
  }

  neverLost(...addresses: readonly string[]): void {
    for (const address of addresses) this.#each(`${address} lost`, (step) => step.addresses.includes(address));
  }

  neverListed(...addresses: readonly string[]): void {
    for (const address of addresses) this.#each(`${address} listed`, (step) => !step.addresses.includes(address));
  }

  neverChanged(): void {
    if (this.changes().length > 0) throw new Error(`changed:\n${stepsText(this.#steps)}`);
  }

  stop(): void {
    stoppedAlready(this);
    this.#isStopped = true;
    clearTimeout(this.#retry);
    // A call that is open when its channel is closed goes on, and keeps this process alive.
    this.#stream?.cancel();
    this.#client?.close();
  }

  output(): string {
    return stepsText(this.#steps);
  }

  #each(fault: string, holds: (step: SnapshotStep) => boolean): void {
    if (!this.#steps.every(holds)) throw new Error(`${fault}:\n${stepsText(this.#steps)}`);
  }

  #connect(): void {
    const client = new Client(`ipv4:${this.#address}`, credentials.createInsecure(), {
      "grpc.use_local_subchannel_pool": 1,
      "grpc.max_receive_message_length": 64 * 1_024 * 1_024,
    });
    this.#client = client;
    const stream: Stream = client.makeBidiStreamRequest(METHOD.path, METHOD.requestSerialize, METHOD.responseDeserialize);
    this.#stream = stream;
    stream.on("data", (response: DeltaDiscoveryResponse__Output) => {
      this.#take(response);
      stream.write({ type_url: response.type_url, response_nonce: response.nonce });
    });
    stream.on("error", () => undefined); // "status" follows
    stream.on("status", () => {
      client.close();
      if (!this.#isStopped) this.#retry = setTimeout(() => this.#connect(), reconnectMs);
    });
    stream.write({
      // The view of our own sidecars: with weights, health and draining.
      node: { id: `history-${this.#service}`, cluster: "history", user_agent_name: "fairlead" },
      type_url: RESOURCE_TYPES.assignment,
      resource_names_subscribe: [this.#service],
    });
  }

  #take(response: DeltaDiscoveryResponse__Output): void {
    const at = { atMs: performance.now(), position: response.system_version_info };
    for (const { name, version, resource } of response.resources) {
      if (name !== this.#service || resource === null) continue;
      const { endpoints } = decode("envoy.config.endpoint.v3.ClusterLoadAssignment", Buffer.from(resource.value));
      const health: Record<string, string> = {};
      for (const { endpoint, health_status } of endpoints.flatMap((locality) => locality.lb_endpoints)) {
        const socket = endpoint?.address?.socket_address;
        if (socket) health[endpointId({ ip: socket.address, port: Number(socket.port_value) })] = health_status;
      }
      this.#add({ ...at, version, health });
    }
    if (response.removed_resources.includes(this.#service)) this.#add({ ...at, version: "removed", health: {} });
  }

  #add(step: Pick<SnapshotStep, "atMs" | "position" | "version" | "health">): void {
    const addresses = Object.keys(step.health).sort();
    const usable = addresses.filter((address) => step.health[address] === "HEALTHY" || step.health[address] === "UNKNOWN");
    if (this.#steps.length < keptSteps) this.#steps.push({ ...step, addresses, usable });
  }
}

function contentOf(step: SnapshotStep | undefined): string {
  return JSON.stringify(Object.entries(step?.health ?? {}).sort(([one], [other]) => (one < other ? -1 : 1)));
}
